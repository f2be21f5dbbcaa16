-- Each kind of plan counts for itself (next_plan_number), so two kinds of the same case may have the same number.
ALTER TABLE plan DROP CONSTRAINT plan_case_id_audience_categories_number_key;
ALTER TABLE plan ADD UNIQUE (case_id, plan_type, audience, categories, number);
