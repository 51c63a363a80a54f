-- id: unattended
-- title.en: Problems and categories without an action
-- title.tr: Faaliyeti olmayan sorunlar ve kategoriler
-- title.ru: Проблемы и категории без действия
-- iso: 8.2
-- basis: stock
-- grain: problem or category
-- key: subject, subject_id
-- dimensions: subject, trend
-- columns: subject, subject_id, label, trend, recent, expected, q_value, cases_year, open_cases, cost_year_minor
-- rests_on: improvement_runs
-- chart: none
-- definition: Recurrent problems with at least three complaints in the last twelve months, and problems and categories that grow or emerge beyond chance (false discoveries controlled over all problems, and over all categories), for which no action is open: no open action names them in its scope or as its source. As of the snapshot, whatever the period.
-- definition.tr: Son on iki ayda en az üç şikâyeti olan tekrarlayan sorunlar ile rastlantının ötesinde büyüyen ya da yeni çıkan sorun ve kategorilerden (yanlış keşif, tüm sorunlar ve tüm kategoriler üzerinde denetlenir) açık faaliyeti olmayanlar: hiçbir açık faaliyet onları kapsamında ya da kaynağında anmaz. Dönem ne olursa olsun, veri kesitinin anına göredir.
-- definition.ru: Повторяющиеся проблемы, по которым за последние двенадцать месяцев не менее трёх жалоб, а также проблемы и категории, растущие или возникшие сверх случайности (ложные открытия контролируются по всем проблемам и по всем категориям), по которым нет открытого действия: ни одно открытое действие не называет их в своей области или источником. На момент среза, каким бы ни был период.
WITH counted AS (
    SELECT
        s.subject, s.subject_id, s.label, s.trend, s.recent_cases, s.recent_expected, s.q_value, s.cases_year,
        s.open_cases, s.cost_year_minor,
        CASE WHEN s.trend = 'growing' OR s.trend = 'emerging' THEN 0 ELSE 1 END AS place
    FROM action_signals AS s
    WHERE s.signal = 'no_action'
)
SELECT
    subject, subject_id, label, trend,
    CAST(recent_cases AS BIGINT) AS recent,
    recent_expected AS expected,
    q_value,
    CAST(cases_year AS BIGINT) AS cases_year,
    CAST(open_cases AS BIGINT) AS open_cases,
    CAST(cost_year_minor AS BIGINT) AS cost_year_minor
FROM counted
ORDER BY place, cost_year_minor DESC, cases_year DESC, subject_id
