-- id: weekday_hour
-- title.en: Receipt by weekday and hour
-- title.tr: Haftanın gününe ve saatine göre alınan şikâyetler
-- title.ru: Получение по дням недели и часам
-- iso: I3
-- basis: received
-- grain: case
-- key: case_key
-- dimensions: weekday, hour, channel, month
-- columns: weekday, hour, complaints
-- chart: none
-- definition: All complaints received in the period, merged ones included, by weekday (1 Monday to 7 Sunday) and local hour of receipt.
-- definition.tr: Dönemde alınan bütün şikâyetler (birleştirilenler dâhil), haftanın hangi günü (1 pazartesi – 7 pazar) ve yerel saatle kaçta alındığına göre.
-- definition.ru: Все жалобы, полученные в периоде (вместе с объединёнными), по дню недели (1 – понедельник, 7 – воскресенье) и часу получения по местному времени.
WITH period_days AS (
    SELECT c.day, c.month, c.weekday
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
    WHERE c.day >= p.period_first AND c.day <= p.period_last
),
counted AS (
    SELECT k.case_key, d.weekday, k.received_hour AS hour, k.channel, d.month
    FROM cases AS k
    JOIN period_days AS d ON d.day = k.received_on
)
SELECT weekday, hour, CAST(COUNT(*) AS BIGINT) AS complaints
FROM counted
GROUP BY weekday, hour
ORDER BY weekday, hour
