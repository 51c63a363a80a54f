-- id: audits_held
-- title.en: Audits and management reviews held
-- title.tr: Yapılan denetimler ve yönetim gözden geçirmeleri
-- title.ru: Проведённые аудиты и анализы со стороны руководства
-- iso: P11
-- basis: ended
-- grain: audit or management review
-- key: audit_no
-- dimensions: month, kind, department
-- columns: month, kind, held
-- rests_on: audits
-- chart: bars
-- definition: Audits of the complaint handling and management reviews held in the period, by kind.
-- definition.tr: Dönem içinde yapılan şikâyet ele alma denetimleri ve yönetim gözden geçirmeleri, türüne göre.
-- definition.ru: Аудиты работы с жалобами и анализы со стороны руководства, проведённые в периоде, по видам.
WITH period_days AS (
    SELECT c.day, c.month
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
    WHERE c.day >= p.period_first AND c.day <= p.period_last
),
counted AS (
    SELECT a.audit_no, d.month, a.kind, a.department
    FROM audits AS a
    JOIN period_days AS d ON d.day = a.held_on
)
SELECT month, kind, CAST(COUNT(*) AS BIGINT) AS held
FROM counted
GROUP BY month, kind
ORDER BY month, kind
