-- id: stock_flow
-- title.en: Stock and flow
-- title.tr: Stok ve akış
-- title.ru: Остаток и движение жалоб
-- iso: I3
-- basis: stock
-- grain: change of a case's state
-- key: case_key, flow, step
-- dimensions: flow, month, channel, category, product, site
-- columns: flow, month, complaints
-- chart: stock_flow
-- definition: Opening + received + reopened - completed - unanswered - withdrawn - merged - exhausted = closing. Outstanding is not closed. Opening and closing are at 24:00 of the day before the period and of its last day (or at the cut of the data).
-- definition.tr: Açılış + alınan + yeniden açılan - tamamlanan - yanıtsız kapanan - geri çekilen - birleştirilen - başvuru yolları tükenen = kapanış. Uzlaşılamayanlar kapalı sayılmaz. Açılış, dönemden önceki günün; kapanış, dönemin son gününün saat 24.00’ündeki (ya da değerlendirme anındaki) stoktur.
-- definition.ru: Остаток на начало + получено + открыто вновь - завершено - закрыто без ответа - отозвано - объединено - средства исчерпаны = остаток на конец. Актуальные (согласие не достигнуто) не закрыты. Остаток на начало – на 24:00 дня перед периодом, на конец – на 24:00 его последнего дня (или на момент оценки).
WITH days AS (
    SELECT c.day, c.month FROM calendar AS c JOIN params AS p ON c.calendar_id = p.calendar_id
),
past_days AS (
    SELECT d.day FROM days AS d CROSS JOIN params AS p WHERE d.day < p.period_first
),
stock_days AS (
    SELECT d.day FROM days AS d CROSS JOIN params AS p WHERE d.day <= p.stock_on
),
flow_days AS (
    SELECT d.day FROM days AS d CROSS JOIN params AS p WHERE d.day >= p.period_first AND d.day <= p.stock_on
),
moves AS (
    SELECT s.case_key, s.step, 'opening' AS flow, p.period_first AS moved_on
    FROM case_states AS s
    JOIN past_days AS d ON d.day = s.from_on
    CROSS JOIN params AS p
    WHERE s.is_open = TRUE AND (s.until_on IS NULL OR s.until_on >= p.period_first)
    UNION ALL
    SELECT s.case_key, s.step, 'closing' AS flow, p.stock_on AS moved_on
    FROM case_states AS s
    JOIN stock_days AS d ON d.day = s.from_on
    CROSS JOIN params AS p
    WHERE s.is_open = TRUE AND (s.until_on IS NULL OR s.until_on > p.stock_on)
    UNION ALL
    SELECT
        s.case_key, s.step,
        CASE
            WHEN s.was_open IS NULL THEN 'received'
            WHEN s.is_open = TRUE THEN 'reopened'
            WHEN s.state = 'completed_externally' THEN 'completed'
            ELSE s.state
        END AS flow,
        s.from_on AS moved_on
    FROM case_states AS s
    JOIN flow_days AS d ON d.day = s.from_on
    WHERE (s.was_open IS NULL OR (s.was_open = TRUE AND s.is_open = FALSE) OR (s.was_open = FALSE AND s.is_open = TRUE))
),
counted AS (
    SELECT m.case_key, m.step, m.flow, d.month, k.channel, k.category, k.product, k.site
    FROM moves AS m
    JOIN cases AS k ON k.case_key = m.case_key
    JOIN days AS d ON d.day = m.moved_on
)
SELECT flow, month, CAST(COUNT(*) AS BIGINT) AS complaints
FROM counted
GROUP BY flow, month
ORDER BY flow, month
