-- What a school takes away of its pupils' parents and carers: how they are reached too, as the card of each of them shows
-- it (ecm/pupils/policies.sql). Whoever must not be in touch with the pupil is not on such a list.
SET ROLE ecm_policy;
CREATE FUNCTION contacts_to_take(p_pupils uuid[], p_proof bytea)
RETURNS TABLE (pupil_id uuid, name text, relationship text, has_parental_responsibility boolean, email text, phone text,
               language text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE me jsonb := context();
BEGIN
    IF NOT proved('contacts-to-take|' || array_to_string(p_pupils, '|'), p_proof) THEN
        RAISE EXCEPTION 'not proved' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN QUERY SELECT k.pupil_id, n.name, k.relationship, k.has_parental_responsibility, n.email, n.phone, k.language
        FROM carer k JOIN person n ON n.id = k.person_id
        WHERE k.pupil_id = ANY (p_pupils) AND me -> 'verbs' ? 'school:export'
          -- As keeps_pupil says it, once for all of them.
          AND EXISTS (SELECT FROM enrolment e WHERE e.pupil_id = k.pupil_id AND e.school_id = (me ->> 'agency')::uuid
                      AND (e.to_on IS NULL OR app_now() < london_midnight(e.to_on + 1)))
          AND NOT EXISTS (SELECT FROM contact_bar b WHERE b.pupil_id = k.pupil_id AND b.person_id = k.person_id
                          AND (b.until_at IS NULL OR app_now() < b.until_at))
        ORDER BY k.pupil_id, k.id;
END $$;
GRANT EXECUTE ON FUNCTION contacts_to_take(uuid[], bytea) TO ecm_app;
RESET ROLE;

-- What a full export of the installation reads, column by column, as ecm_backup, which sees every row. What lets
-- somebody sign in, what is made again from other tables and what is about no one is not here, so it cannot be taken.
-- Whoever adds a column says here or in ecm/exports/catalogue.py (LEFT_OUT) what becomes of it; a test asks.

SET ROLE ecm_owner;
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM ecm_backup;
GRANT SELECT (id, case_id, category, title, owner_agency_id, owner_desk_id, assignee_membership_id, due_on, status,
    progress, author_agency_id, author_membership_id, author_desk_id, added_at, updated_at, version, in_error)
    ON action TO ecm_backup;
GRANT SELECT (id, action_id, case_id, by_membership_id, status_before, status, due_before, due_on, progress, at)
    ON action_change TO ecm_backup;
GRANT SELECT (id, name, kind, offers, involvement_category, safeguarding_desk_id, urn, telephone, laestab)
    ON agency TO ecm_backup;
GRANT SELECT (id, pupil_id, person_id, relationship, has_parental_responsibility, authority_seen,
    authority_verified_at, language, needs_interpreter, format, version) ON carer TO ecm_backup;
GRANT SELECT (id, case_id, carer_id, person_id, categories, authority_seen, admitted_by_membership_id, admitted_at,
    ended_at) ON carer_admission TO ecm_backup;
GRANT SELECT (id, case_id, principal, category, since_at) ON case_author TO ecm_backup;
GRANT SELECT (case_id, category, reason, strengths, level, author_agency_id, author_membership_id, author_desk_id,
    updated_at, version) ON case_brief TO ecm_backup;
GRANT SELECT (id, membership_id, pupil_id, answers, updated_at, version) ON case_draft TO ecm_backup;
GRANT SELECT (id, case_id, from_school_id, to_school_id, reason_code, wishes, joins_on, family_told,
    offered_by_membership_id, offered_at, status, answered_by_membership_id, answered_at, refusal_code,
    lead_membership_id, pupil_before_id) ON case_handover TO ecm_backup;
GRANT SELECT (id, case_id, category, kind, outcome, reason, died_on, by_membership_id, at)
    ON case_turn TO ecm_backup;
GRANT SELECT (id, case_id, category, whose, text, how, given_on, author_agency_id, author_membership_id,
    author_desk_id, author_person_id, written_at, in_error) ON case_view TO ecm_backup;
GRANT SELECT (id, person_id, membership_id, case_id, seen_at) ON case_visit TO ecm_backup;
GRANT SELECT (id, agency_id, invited_by_membership_id, name, email, role, class_names, temporary, starts_on,
    ends_on, sent_at, expires_at, accepted_at, cancelled_at) ON colleague_invitation TO ecm_backup;
GRANT SELECT (id, proposal_id, case_id, person_id, agency_id, category, purpose, kind, channel, witness, given_by,
    reason, recorded_by_membership_id, wording_version, wording_hash, language, at, until_at, number,
    corrects_event_id) ON consent_event TO ecm_backup;
GRANT SELECT (id, request_id, case_id, person_id, agency_id, category, purpose, agency_name) ON consent_proposal TO ecm_backup;
GRANT SELECT (id, case_id, carer_id, person_id, language, wording_version, wording_hash, asked_by_membership_id,
    asked_at, answered_at, school_name, pupil_name, asker_name, asker_role) ON consent_request TO ecm_backup;
GRANT SELECT (id, pupil_id, person_id, reason_code, from_at, until_at, set_by_membership_id)
    ON contact_bar TO ecm_backup;
GRANT SELECT (id, title, from_on, until_on, made_by_membership_id, made_at, approved_by_membership_id, approved_at, ended_at)
    ON sharing_agreement TO ecm_backup;
GRANT SELECT (id, agreement_id, agency_id, joined_at, left_at) ON agreement_party TO ecm_backup;
GRANT SELECT (id, agreement_id, number, categories, purposes) ON agreement_clause TO ecm_backup;
GRANT SELECT (id, case_id, reason_code, set_by_membership_id, from_at, ended_at, ended_by_membership_id)
    ON case_restriction TO ecm_backup;
GRANT SELECT (id, restriction_id, case_id, membership_id, from_at, ended_at) ON named_reader TO ecm_backup;
GRANT SELECT (id, person_id, pupil_id, kind, declared_by_membership_id, agency_id, from_at, ended_at,
    ended_by_membership_id) ON conflict_of_interest TO ecm_backup;
GRANT SELECT (id, pupil_id, person_id, kind, made_on, until_on, contact_bar_id, recorded_at, ended_at,
    recorded_by_membership_id) ON court_order TO ecm_backup;
GRANT SELECT (id, case_id, category, kind, subject_id, reason, author_agency_id, author_membership_id,
    by_membership_id, at, author_person_id) ON correction TO ecm_backup;
GRANT SELECT (id, absent_membership_id, covering_membership_id, from_on, until_on, set_by_membership_id, set_at,
    ended_at) ON cover TO ecm_backup;
GRANT SELECT (id, pupil_id, school_id, enrolment_id, name, last_on, destination, next_school_id, by_membership_id,
    at, stayed_at, stayed_by_membership_id) ON departure TO ecm_backup;
GRANT SELECT (id, school_id, pupil_id, other_pupil_id, by_membership_id, at, undone_at, undone_by_membership_id)
    ON dismissed_pair TO ecm_backup;
GRANT SELECT (id, case_id, membership_id, agency_id, reason_code, reason, from_at, until_at, ended_at, review_by_at,
    escalated_at) ON emergency_access TO ecm_backup;
GRANT SELECT (emergency_id, reviewer_membership_id, verdict, text, reviewed_at) ON emergency_review TO ecm_backup;
GRANT SELECT (id, membership_id, agency_id, set_by_membership_id, from_at, ended_at) ON safeguarding_duty TO ecm_backup;
GRANT SELECT (id, case_id, category, text, author_agency_id, author_membership_id, author_desk_id, written_at, ended_at,
    ended_by_membership_id) ON health_alert TO ecm_backup;
GRANT SELECT (id, pupil_id, school_id, upn, year_group, class_name, from_on, to_on, imported)
    ON enrolment TO ecm_backup;
GRANT SELECT (id, case_id, category, code, how_identified, detail, author_agency_id, author_membership_id,
    author_desk_id, updated_at) ON identified_barrier TO ecm_backup;
GRANT SELECT (id, case_id, category, agency_id, invited_by_agency_id, invited_by_membership_id, reason_code,
    offered_categories, status, invited_at, answered_at, ended_at, answer_reason, answer_message,
    assignee_membership_id, updated_at, version, read_at, ended_by_membership_id) ON involvement TO ecm_backup;
GRANT SELECT (involvement_id, case_id, category, text) ON involvement_message TO ecm_backup;
GRANT SELECT (id, case_id, category, reason, strengths, level, author_agency_id, author_membership_id,
    author_desk_id, written_at) ON kept_brief TO ecm_backup;
GRANT SELECT (id, outcome_id, case_id, category, measured_on, value, note, author_agency_id, author_membership_id,
    author_desk_id, written_at, in_error) ON measurement TO ecm_backup;
GRANT SELECT (id, person_id, agency_id, role, class_names, started_at, ended_at, temporary, telephone)
    ON membership TO ecm_backup;
GRANT SELECT (id, case_id, category, text, author_agency_id, author_membership_id, author_desk_id, written_at,
    in_error) ON note TO ecm_backup;
GRANT SELECT (id, case_id, category, title, measure, baseline, target, due_on, status, settled_at,
    settled_by_membership_id, author_agency_id, author_membership_id, author_desk_id, added_at, updated_at, version,
    in_error) ON outcome TO ecm_backup;
GRANT SELECT (id, recipient, channel, letter, at, sent_at, state, tries, tried_at, trouble, waiting_since,
    useful_until, opened_at, about) ON outbox TO ecm_backup;
GRANT SELECT (id, name, email, phone, phone_verified_at, phone_changed_at, left_at) ON person TO ecm_backup;
GRANT SELECT (id, case_id, number, plan_type, audience, categories, made_by_membership_id, made_at, status, sha256,
    document, snapshot, content) ON plan TO ecm_backup;
GRANT SELECT (id, case_id, category, title, who, how_often, minutes, weeks, starts_on, ended_on, author_agency_id,
    author_membership_id, author_desk_id, added_at, updated_at, version, in_error) ON provision TO ecm_backup;
GRANT SELECT (id, first_name, last_name, preferred_name, pronouns, date_of_birth, date_of_birth_known, version,
    died_on) ON pupil TO ecm_backup;
GRANT SELECT (id, pupil_id, school_id, kind, value) ON pupil_identifier TO ecm_backup;
GRANT SELECT (id, school_id, membership_id, made_at, expires_at, status, sha256, format, head, counts, warnings,
    sentence, roll_print, ended_at, ended_by_membership_id, version) ON pupil_import TO ecm_backup;
GRANT SELECT (id, school_id, pupil_id, gone_id, by_membership_id, at, reason, moved, before)
    ON pupil_merge TO ecm_backup;
GRANT SELECT (id, membership_id, day, at) ON reminder TO ecm_backup;
GRANT SELECT (day, finished_at) ON reminder_run TO ecm_backup;
GRANT SELECT (id, case_id, category, held_on, next_review_on, held_by_membership_id, written_at)
    ON review TO ecm_backup;
GRANT SELECT (id, review_id, case_id, category, text, author_agency_id, author_membership_id, author_desk_id,
    written_at, in_error) ON review_contribution TO ecm_backup;
GRANT SELECT (id, school_id, pupil_id, other_school_id, kind, number, found_at, outcome, settled_at,
    settled_by_membership_id) ON school_match TO ecm_backup;
GRANT SELECT (pupil_id, sen_provision, needs) ON sen_status TO ecm_backup;
GRANT SELECT (id, case_id, agency_id, basis, code, categories, reason, consulted, agreed_by_person_id, channel,
    family_told_on, told_person_ids, not_told_code, revisit_on, from_at, until_at, ended_at, ended_by_person_id,
    end_reason, renews_id, recorded_by_membership_id, version) ON sharing_ground TO ecm_backup;
GRANT SELECT (id, ground_id, case_id, person_id, text, at, answer, answered_at, answered_by_membership_id)
    ON ground_objection TO ecm_backup;
GRANT SELECT (id, reference, pupil_id, school_id, lead_membership_id, status, next_review_on, opened_at, updated_at,
    version, kept_since) ON support_case TO ecm_backup;
RESET ROLE;
