-- id: answer_wait
-- title.en: Days until the customer answered
-- title.tr: Müşterinin yanıtına kadar geçen gün
-- title.ru: Дни до ответа заявителя
-- iso: 7.9
-- basis: ended
-- grain: pass of a case
-- key: case_key, pass
-- dimensions: month, pass, answer, on_behalf, days
-- columns: pass, answer, on_behalf, days, answers
-- needs: answers
-- chart: none
-- definition: Answers given in the period, by the calendar days from the communication of the decision to the answer. It is the customer's time and counts towards no limit. Answers entered by staff stand apart.
-- definition.tr: Dönem içinde verilen yanıtlar, kararın bildirilmesinden yanıta kadar geçen takvim gününe göre. Bu, müşterinin süresidir ve hiçbir sürenin hesabına katılmaz. Personelin müşteri adına girdiği yanıtlar ayrı gösterilir.
-- definition.ru: Ответы, полученные в периоде, по календарным дням от сообщения решения до ответа. Это время заявителя, ни в какой срок оно не входит. Ответы, внесённые персоналом, показаны отдельно.
WITH period_days AS (
    SELECT c.day, c.month
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
    WHERE c.day >= p.period_first AND c.day <= p.period_last
),
told_days AS (
    SELECT c.day AS told_day, c.day_index AS told_index
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
),
answered_days AS (
    SELECT c.day AS answered_day, c.day_index AS answered_index
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
),
answered AS (
    SELECT a.case_key, a.pass, d.month, a.answer, a.on_behalf, a.communicated_on, a.answered_on
    FROM passes AS a
    JOIN period_days AS d ON d.day = a.answered_on
),
counted AS (
    SELECT
        a.case_key, a.pass, a.month, a.answer,
        CASE WHEN a.on_behalf = TRUE THEN 'yes' ELSE 'no' END AS on_behalf,
        e.answered_index - t.told_index AS days
    FROM answered AS a
    JOIN told_days AS t ON t.told_day = a.communicated_on
    JOIN answered_days AS e ON e.answered_day = a.answered_on
)
SELECT pass, answer, on_behalf, days, CAST(COUNT(*) AS BIGINT) AS answers
FROM counted
GROUP BY pass, answer, on_behalf, days
ORDER BY pass, answer, on_behalf, days
