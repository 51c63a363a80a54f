-- id: answer_course
-- title.en: Rejected decisions month by month
-- title.tr: Aylara göre reddedilen kararlar
-- title.ru: Отклонённые решения по месяцам
-- iso: 7.9, 8.2
-- basis: ended
-- grain: case
-- key: case_key
-- dimensions: site, month, answer, category, product
-- columns: site, month, rejected, answered
-- needs: answers
-- chart: control
-- definition: For the control charts: complaints, net of merged, whose first decision the customer answered in the 36 calendar months that end with the period, by the month of the answer, and those of them that rejected it.
-- definition.tr: Kontrol grafikleri için: dönemin sonunda biten 36 takvim ayında müşterinin ilk kararı yanıtladığı şikâyetler (birleştirilenler hariç), yanıtın ayına göre, ve bunlardan kararın reddedildikleri.
-- definition.ru: Для контрольных карт: жалобы (без объединённых), на первое решение по которым заявитель ответил в 36 календарных месяцев до конца периода, по месяцу ответа, и те из них, где решение отклонено.
WITH ending AS (
    SELECT c.day_index AS last_index
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id AND c.day = p.period_last
),
months AS (
    SELECT c.month AS of_month, MIN(c.day_index) AS first_index
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
    GROUP BY c.month
),
course_days AS (
    SELECT c.day, c.month
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
    JOIN months AS m ON m.of_month = c.month
    CROSS JOIN ending AS e
    WHERE m.first_index >= e.last_index - 1095 AND c.day <= p.period_last
),
answered AS (
    SELECT a.case_key, d.month, a.answer
    FROM passes AS a
    JOIN course_days AS d ON d.day = a.answered_on
    WHERE a.pass = 1 AND a.answer IN ('accepted', 'rejected')
),
counted AS (
    SELECT a.case_key, a.month, a.answer, k.site, k.category, k.product
    FROM answered AS a
    JOIN cases AS k ON k.case_key = a.case_key
    WHERE k.state <> 'merged'
)
SELECT
    site, month,
    CAST(SUM(CASE WHEN answer = 'rejected' THEN 1 ELSE 0 END) AS BIGINT) AS rejected,
    CAST(COUNT(*) AS BIGINT) AS answered
FROM counted
GROUP BY site, month
ORDER BY site, month
