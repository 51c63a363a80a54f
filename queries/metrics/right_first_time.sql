-- id: right_first_time
-- title.en: Right the first time
-- title.tr: İlk seferde doğru çözülen şikâyetler
-- title.ru: Решено верно с первого раза
-- iso: 7.9
-- basis: ended
-- grain: case
-- key: case_key
-- dimensions: month, outcome, on_behalf, category, product, site
-- columns: month, right_first, not_right, unanswered, not_matured
-- needs: overall, answers
-- rests_on: cluster_runs
-- chart: bars
-- definition: Complaints, net of merged, whose first decision was communicated in the period. Right: accepted, and within 90 calendar days neither reopened nor followed by the same complaint again. Wrong: rejected, reopened or repeated. Without an answer: apart, never counted as accepted. Accepted, but the 90 days not over at the cut of the data: not judged yet.
-- definition.tr: İlk kararı dönem içinde bildirilen şikâyetler (birleştirilenler hariç). Doğru: kabul edilmiş; 90 takvim günü içinde yeniden açılmamış ve aynı şikâyet tekrarlanmamış. Yanlış: reddedilmiş, yeniden açılmış ya da tekrarlanmış. Yanıtsız: ayrı gösterilir, kabul sayılmaz. Kabul edilmiş ancak değerlendirme anında 90 günü dolmamış: henüz değerlendirilmez.
-- definition.ru: Жалобы (без объединённых), первое решение по которым сообщено в периоде. Верно: решение принято заявителем, и в течение 90 календарных дней жалоба не открыта вновь и не повторилась. Неверно: решение отклонено, жалоба открыта вновь или повторилась. Без ответа: отдельно, согласием не считается. Принято, но 90 дней к моменту оценки не истекли: ещё не оценивается.
WITH period_days AS (
    SELECT c.day, c.month
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
    WHERE c.day >= p.period_first AND c.day <= p.period_last
),
answered_days AS (
    SELECT c.day AS answered_day, c.day_index AS answered_index
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
),
reopened_days AS (
    SELECT c.day AS reopened_day, c.day_index AS reopened_index
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
),
as_of_days AS (
    SELECT c.day_index AS as_of_index
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id AND c.day = p.as_of_on
),
repeated AS (
    SELECT DISTINCT m.of_case_key AS repeated_key
    FROM case_relations AS m
    WHERE m.kind = 'repeat' AND m.days_since_decision >= 0 AND m.days_since_decision <= 90
),
told AS (
    SELECT a.case_key, d.month, a.answer, a.answered_on, a.on_behalf
    FROM passes AS a
    JOIN period_days AS d ON d.day = a.communicated_on
    WHERE a.pass = 1
),
counted AS (
    SELECT
        k.case_key, t.month,
        CASE
            WHEN t.answer IS NULL THEN 'unanswered'
            WHEN t.answer = 'rejected' THEN 'wrong'
            WHEN o.reopened_index >= e.answered_index AND o.reopened_index <= e.answered_index + 90 THEN 'wrong'
            WHEN r.repeated_key IS NOT NULL THEN 'wrong'
            WHEN e.answered_index + 90 > n.as_of_index THEN 'not_matured'
            ELSE 'right'
        END AS outcome,
        CASE
            WHEN t.answer IS NULL THEN NULL
            WHEN t.on_behalf = TRUE THEN 'yes'
            ELSE 'no'
        END AS on_behalf,
        k.category, k.product, k.site
    FROM told AS t
    JOIN cases AS k ON k.case_key = t.case_key
    LEFT JOIN answered_days AS e ON e.answered_day = t.answered_on
    LEFT JOIN reopened_days AS o ON o.reopened_day = k.reopened_on
    LEFT JOIN repeated AS r ON r.repeated_key = k.case_key
    CROSS JOIN as_of_days AS n
    WHERE k.state <> 'merged'
)
SELECT
    month,
    CAST(SUM(CASE WHEN outcome = 'right' THEN 1 ELSE 0 END) AS BIGINT) AS right_first,
    CAST(SUM(CASE WHEN outcome = 'wrong' THEN 1 ELSE 0 END) AS BIGINT) AS not_right,
    CAST(SUM(CASE WHEN outcome = 'unanswered' THEN 1 ELSE 0 END) AS BIGINT) AS unanswered,
    CAST(SUM(CASE WHEN outcome = 'not_matured' THEN 1 ELSE 0 END) AS BIGINT) AS not_matured
FROM counted
GROUP BY month
ORDER BY month
