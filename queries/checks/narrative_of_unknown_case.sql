-- id: narrative_of_unknown_case
-- title.en: Text of an unknown case
-- title.tr: Kaydı bulunmayan metin
-- title.ru: Текст неизвестной жалобы
-- key: case_key
-- columns: case_key
-- definition: Texts of complaints whose case is not in the lake.
-- definition.tr: Kaydı veri gölünde bulunmayan şikâyet metinleri.
-- definition.ru: Тексты, жалобы которых нет в озере данных.
-- fault: narratives: SELECT CASE WHEN case_key > 0 THEN 0 - case_key ELSE case_key END AS case_key, language, narrative FROM narratives
WITH known AS (
    SELECT k.case_key AS known_key FROM cases AS k
)
SELECT n.case_key
FROM narratives AS n
LEFT JOIN known AS k ON k.known_key = n.case_key
WHERE k.known_key IS NULL
ORDER BY n.case_key
