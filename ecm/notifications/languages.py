"""One line of a letter in a language somebody reads, so that they know what it is and that they can ask for an interpreter.

Source: Equality Act 2010 s.149; Working together to safeguard children 2023, chapter 1 (interpreters for families).
To be read by a native speaker before an area uses it: see README, "What it does not do yet".
"""

FIRST_LINES = {
    "ar": "لدى مدرسة طفلك سؤال لك. إذا كنت بحاجة إلى مترجم، فاتصل بالمدرسة.",
    "bn": "আপনার সন্তানের স্কুল আপনাকে একটি প্রশ্ন করতে চায়। দোভাষী প্রয়োজন হলে স্কুলে ফোন করুন।",
    "es": "El colegio de su hijo o hija tiene una pregunta para usted. Si necesita un intérprete, llame al colegio.",
    "fr": "L’école de votre enfant a une question pour vous. Si vous avez besoin d’un interprète, appelez l’école.",
    "pa": "ਤੁਹਾਡੇ ਬੱਚੇ ਦੇ ਸਕੂਲ ਦਾ ਤੁਹਾਡੇ ਲਈ ਇੱਕ ਸਵਾਲ ਹੈ। ਜੇ ਤੁਹਾਨੂੰ ਦੁਭਾਸ਼ੀਏ ਦੀ ਲੋੜ ਹੈ ਤਾਂ ਸਕੂਲ ਨੂੰ ਫ਼ੋਨ ਕਰੋ।",
    "pl": "Szkoła Twojego dziecka ma do Ciebie pytanie. Jeśli potrzebujesz tłumacza, zadzwoń do szkoły.",
    "pt": "A escola do seu filho ou da sua filha tem uma pergunta para si. Se precisar de um intérprete, telefone para a escola.",
    "ro": "Școala copilului dumneavoastră are o întrebare pentru dumneavoastră. Dacă aveți nevoie de un interpret, sunați la școală.",
    "so": "Dugsiga ilmahaaga ayaa su'aal kuu haya. Haddii aad u baahan tahay turjubaan, wac dugsiga.",
    "uk": "Школа вашої дитини має до вас запитання. Якщо вам потрібен перекладач, зателефонуйте до школи.",
    "ur": "آپ کے بچے کے اسکول کا آپ سے ایک سوال ہے۔ اگر آپ کو مترجم کی ضرورت ہو تو اسکول کو فون کریں۔",
    "vi": "Trường học của con quý vị có một câu hỏi dành cho quý vị. Nếu cần thông dịch viên, xin gọi cho nhà trường.",
}
