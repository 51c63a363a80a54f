-- id: ageing
-- title.en: Open and outstanding complaints by age
-- title.tr: Yaşına göre açık ve uzlaşılamayan şikâyetler
-- title.ru: Открытые и актуальные жалобы по возрасту
-- iso: I3
-- basis: stock
-- grain: case
-- key: case_key
-- dimensions: state, band, age_days, category, product, site, department, channel
-- columns: state, band, complaints, oldest_days
-- chart: ageing
-- definition: Complaints not closed at 24:00 of the period's last day (or at the cut of the data, when that is earlier), outstanding ones apart, by calendar days since receipt.
-- definition.tr: Dönemin son gününde saat 24.00’te (değerlendirme anı daha erkense o anda) kapanmamış şikâyetler, alındığı günden beri geçen takvim gününe göre; uzlaşılamayanlar ayrı gösterilir.
-- definition.ru: Жалобы, не закрытые к 24:00 последнего дня периода (или к моменту оценки, если он раньше), по календарным дням с получения; актуальные (согласие не достигнуто) показаны отдельно.
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
aged AS (
    SELECT
        k.case_key, s.state, k.category, k.product, k.site, k.department, k.channel,
        t.stock_index - d.day_index AS age_days
    FROM open_ones AS s
    JOIN cases AS k ON k.case_key = s.case_key
    JOIN days AS d ON d.day = k.received_on
    CROSS JOIN stock AS t
),
counted AS (
    SELECT
        case_key, state, category, product, site, department, channel, age_days,
        CASE
            WHEN age_days <= 7 THEN '000-007'
            WHEN age_days <= 14 THEN '008-014'
            WHEN age_days <= 30 THEN '015-030'
            WHEN age_days <= 60 THEN '031-060'
            WHEN age_days <= 90 THEN '061-090'
            ELSE '091+'
        END AS band
    FROM aged
)
SELECT
    state, band,
    CAST(COUNT(*) AS BIGINT) AS complaints,
    CAST(MAX(age_days) AS BIGINT) AS oldest_days
FROM counted
GROUP BY state, band
ORDER BY state, band
