-- id: acceptance
-- title.en: What customers answered
-- title.tr: Müşterilerin kararlara yanıtı
-- title.ru: Ответы заявителей на решения
-- iso: 7.9
-- basis: ended
-- grain: case
-- key: case_key
-- dimensions: month, first_step, second_step, last_step, channel, site, category, product
-- columns: month, first_step, second_step, last_step, complaints
-- needs: overall, answers
-- chart: none
-- definition: Complaints, net of merged, whose first decision was communicated in the period, by what became of it at the cut of the data: the answer to the first decision, after a rejection the answer to the second, and where that was rejected too, how it ended. Answers entered by staff stand apart; lapsed, withdrawn and still awaited ones are no acceptance.
-- definition.tr: İlk kararı dönem içinde bildirilen şikâyetler (birleştirilenler hariç), değerlendirme anındaki gidişatına göre: ilk karara verilen yanıt, ret hâlinde ikinci karara verilen yanıt, o da reddedildiyse nasıl sonuçlandığı. Personelin müşteri adına girdiği yanıtlar ayrı gösterilir; yanıtsız kapanan, geri çekilen ve hâlâ beklenen yanıtlar kabul sayılmaz.
-- definition.ru: Жалобы (без объединённых), первое решение по которым сообщено в периоде, по их ходу на момент оценки: ответ на первое решение, после отклонения – ответ на второе, а если отклонено и оно – чем всё закончилось. Ответы, внесённые персоналом, показаны отдельно; закрытые без ответа, отозванные и ещё ожидаемые согласием не считаются.
WITH period_days AS (
    SELECT c.day, c.month
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
    WHERE c.day >= p.period_first AND c.day <= p.period_last
),
told AS (
    SELECT
        k.case_key, k.state, d.month, k.channel, k.site, k.category, k.product,
        CASE
            WHEN k.outstanding_since IS NULL THEN NULL
            WHEN k.external_outcome = 'satisfied'
                AND k.state IN ('completed', 'completed_externally') THEN 'external_satisfied'
            WHEN k.state = 'exhausted' THEN 'exhausted'
            WHEN k.state = 'withdrawn' THEN 'withdrawn'
            ELSE 'outstanding'
        END AS last_step
    FROM cases AS k
    JOIN period_days AS d ON d.day = k.communicated_on
    WHERE k.state <> 'merged'
),
steps AS (
    SELECT
        a.case_key AS step_key, a.pass,
        CASE
            WHEN a.answer = 'accepted' AND a.on_behalf = TRUE THEN 'accepted_on_behalf'
            WHEN a.answer = 'accepted' THEN 'accepted'
            WHEN a.answer = 'rejected' AND a.on_behalf = TRUE THEN 'rejected_on_behalf'
            WHEN a.answer = 'rejected' THEN 'rejected'
            WHEN a.lapsed_on IS NOT NULL THEN 'lapsed'
            WHEN t.state = 'withdrawn' THEN 'withdrawn'
            WHEN a.communicated_on IS NULL THEN 'in_examination'
            ELSE 'waiting'
        END AS step
    FROM passes AS a
    JOIN told AS t ON t.case_key = a.case_key
),
first_steps AS (
    SELECT step_key AS first_key, step AS first_step FROM steps WHERE pass = 1
),
second_steps AS (
    SELECT step_key AS second_key, step AS second_step FROM steps WHERE pass = 2
),
counted AS (
    SELECT
        t.case_key, t.month, f.first_step,
        CASE
            WHEN f.first_step IN ('rejected', 'rejected_on_behalf') THEN s.second_step
            ELSE NULL
        END AS second_step,
        t.last_step, t.channel, t.site, t.category, t.product
    FROM told AS t
    LEFT JOIN first_steps AS f ON f.first_key = t.case_key
    LEFT JOIN second_steps AS s ON s.second_key = t.case_key
)
SELECT month, first_step, second_step, last_step, CAST(COUNT(*) AS BIGINT) AS complaints
FROM counted
GROUP BY month, first_step, second_step, last_step
ORDER BY month, first_step, second_step, last_step
