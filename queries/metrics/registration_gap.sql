-- id: registration_gap
-- title.en: Days from receipt to registration
-- title.tr: Şikâyetin alınmasından kaydedilmesine kadar geçen gün
-- title.ru: Дни от получения до регистрации
-- iso: 7.2
-- basis: received
-- grain: case
-- key: case_key
-- dimensions: month, channel, lag_days, registered_role
-- columns: channel, lag_days, complaints
-- chart: none
-- definition: All complaints received in the period, merged ones included, by channel and by the calendar days from receipt to the entry in the register.
-- definition.tr: Dönemde alınan bütün şikâyetler (birleştirilenler dâhil), kanala ve alındığı günden kayda geçirildiği güne kadar geçen takvim gününe göre.
-- definition.ru: Все жалобы, полученные в периоде (вместе с объединёнными), по каналам и по календарным дням от получения до внесения в реестр.
WITH period_days AS (
    SELECT c.day, c.month
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
    WHERE c.day >= p.period_first AND c.day <= p.period_last
),
received_days AS (
    SELECT c.day AS received_day, c.day_index AS received_index
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
),
registered_days AS (
    SELECT c.day AS registered_day, c.day_index AS registered_index
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
),
received AS (
    SELECT k.case_key, d.month, k.channel, k.registered_role, k.received_on, k.registered_on
    FROM cases AS k
    JOIN period_days AS d ON d.day = k.received_on
),
counted AS (
    SELECT
        k.case_key, k.month, k.channel, e.registered_index - r.received_index AS lag_days,
        k.registered_role
    FROM received AS k
    JOIN received_days AS r ON r.received_day = k.received_on
    JOIN registered_days AS e ON e.registered_day = k.registered_on
)
SELECT channel, lag_days, CAST(COUNT(*) AS BIGINT) AS complaints
FROM counted
GROUP BY channel, lag_days
ORDER BY channel, lag_days
