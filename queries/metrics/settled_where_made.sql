-- id: settled_where_made
-- title.en: Settled where they were made
-- title.tr: Yapıldığı yerde çözülen şikâyetler
-- title.ru: Жалобы, урегулированные там, где поданы
-- iso: M2
-- basis: received
-- grain: case
-- key: case_key
-- dimensions: month, channel, site, product, category, settled
-- columns: month, received, settled
-- needs: answers
-- chart: bars
-- definition: Complaints received in the period, net of merged, and how many of them were settled where they were first made: decided by contact staff, never routed, accepted at the first decision and not examined again.
-- definition.tr: Dönemde alınan şikâyetler (birleştirilenler hariç) ve bunlardan yapıldığı yerde çözülenler: müşteriyle temas eden personelin karara bağladığı, hiç yönlendirilmeyen, ilk kararı kabul edilen ve yeniden incelenmeyen şikâyetler.
-- definition.ru: Жалобы, полученные в периоде (без объединённых), и сколько из них урегулировано там, где они поданы: решение вынес контактный персонал, жалоба никуда не направлялась, заявитель принял первое решение, повторного рассмотрения не было.
WITH period_days AS (
    SELECT c.day, c.month
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
    WHERE c.day >= p.period_first AND c.day <= p.period_last
),
counted AS (
    SELECT
        k.case_key, d.month, k.channel, k.site, k.product, k.category,
        CASE
            WHEN k.settled_where_made = TRUE AND k.decided_by_contact = TRUE
                AND k.first_answer = 'accepted' AND k.passes = 1 AND k.routed_on IS NULL THEN 'yes'
            ELSE 'no'
        END AS settled
    FROM cases AS k
    JOIN period_days AS d ON d.day = k.received_on
    WHERE k.state <> 'merged'
)
SELECT
    month,
    CAST(COUNT(*) AS BIGINT) AS received,
    CAST(SUM(CASE WHEN settled = 'yes' THEN 1 ELSE 0 END) AS BIGINT) AS settled
FROM counted
GROUP BY month
ORDER BY month
