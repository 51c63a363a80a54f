-- id: oldest_open
-- title.en: Oldest open complaint of each state
-- title.tr: Her durumda en eski açık şikâyet
-- title.ru: Самая давняя открытая жалоба в каждом состоянии
-- iso: I3
-- basis: stock
-- grain: case
-- key: case_key
-- dimensions: state, age_days, department, site, category, channel
-- columns: state, complaints, oldest_received_on, oldest_days
-- chart: none
-- definition: Complaints not closed at 24:00 of the period's last day (or at the cut of the data, when that is earlier), outstanding ones included: for each state how many, the day of receipt of the oldest, and its age in calendar days.
-- definition.tr: Dönemin son gününün sonunda (değerlendirme anı daha erkense o anda) kapanmamış şikâyetler, uzlaşılamayanlar dâhil: her durum için sayısı, en eskisinin alındığı gün ve takvim günüyle yaşı.
-- definition.ru: Жалобы, не закрытые к 24:00 последнего дня периода (или к моменту оценки, если он раньше), включая актуальные (согласие не достигнуто): для каждого состояния – сколько их, день получения самой давней и её возраст в календарных днях.
WITH days AS (
    SELECT c.day, c.day_index FROM calendar AS c JOIN params AS p ON c.calendar_id = p.calendar_id
),
stock_days AS (
    SELECT d.day FROM days AS d CROSS JOIN params AS p WHERE d.day <= p.stock_on
),
stock AS (
    SELECT d.day_index AS stock_index FROM days AS d JOIN params AS p ON d.day = p.stock_on
),
open_ones AS (
    SELECT s.case_key, s.state
    FROM case_states AS s
    JOIN stock_days AS f ON f.day = s.from_on
    CROSS JOIN params AS p
    WHERE s.is_open = TRUE AND (s.until_on IS NULL OR s.until_on > p.stock_on)
),
counted AS (
    SELECT
        k.case_key, s.state, t.stock_index - d.day_index AS age_days, k.department, k.site, k.category,
        k.channel, k.received_on
    FROM open_ones AS s
    JOIN cases AS k ON k.case_key = s.case_key
    JOIN days AS d ON d.day = k.received_on
    CROSS JOIN stock AS t
)
SELECT
    state,
    CAST(COUNT(*) AS BIGINT) AS complaints,
    MIN(received_on) AS oldest_received_on,
    CAST(MAX(age_days) AS BIGINT) AS oldest_days
FROM counted
GROUP BY state
ORDER BY state
