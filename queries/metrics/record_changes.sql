-- id: record_changes
-- title.en: Late entries, amendments and struck-out events
-- title.tr: Geç girilen, düzeltilen ve hükümsüz kılınan olaylar
-- title.ru: События, внесённые поздно, исправленные и аннулированные
-- iso: 8.1
-- basis: received
-- grain: case
-- key: case_key
-- dimensions: month, channel, registered_role, late, amended, struck_out
-- columns: month, complaints, with_late_entries, with_amendments, with_struck_out, late_entries, amendments, struck_out
-- needs: history
-- chart: bars
-- definition: All complaints received in the period, merged ones included: how many have events that were entered late, amended or struck out, and how many such events there are.
-- definition.tr: Dönemde alınan bütün şikâyetler (birleştirilenler dâhil): kaçında geç girilen, düzeltilen ya da hükümsüz kılınan olay var ve böyle kaç olay var.
-- definition.ru: Все жалобы, полученные в периоде (вместе с объединёнными): в скольких есть события, внесённые поздно, исправленные или аннулированные, и сколько всего таких событий.
WITH period_days AS (
    SELECT c.day, c.month
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
    WHERE c.day >= p.period_first AND c.day <= p.period_last
),
counted AS (
    SELECT
        k.case_key, d.month, k.channel, k.registered_role,
        CASE WHEN k.late_entries > 0 THEN 'yes' ELSE 'no' END AS late,
        CASE WHEN k.amendments > 0 THEN 'yes' ELSE 'no' END AS amended,
        CASE WHEN k.voided > 0 THEN 'yes' ELSE 'no' END AS struck_out,
        k.late_entries, k.amendments, k.voided
    FROM cases AS k
    JOIN period_days AS d ON d.day = k.received_on
)
SELECT
    month,
    CAST(COUNT(*) AS BIGINT) AS complaints,
    CAST(SUM(CASE WHEN late = 'yes' THEN 1 ELSE 0 END) AS BIGINT) AS with_late_entries,
    CAST(SUM(CASE WHEN amended = 'yes' THEN 1 ELSE 0 END) AS BIGINT) AS with_amendments,
    CAST(SUM(CASE WHEN struck_out = 'yes' THEN 1 ELSE 0 END) AS BIGINT) AS with_struck_out,
    CAST(SUM(late_entries) AS BIGINT) AS late_entries,
    CAST(SUM(amendments) AS BIGINT) AS amendments,
    CAST(SUM(voided) AS BIGINT) AS struck_out
FROM counted
GROUP BY month
ORDER BY month
