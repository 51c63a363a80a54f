-- id: referred
-- title.en: Referred to external resolution
-- title.tr: Dış çözüm yoluna götürülen şikâyetler
-- title.ru: Жалобы, переданные на внешнее урегулирование
-- iso: M6
-- basis: received
-- grain: case
-- key: case_key
-- dimensions: month, channel, site, category, product, body, outcome, referred
-- columns: month, received, referred, satisfied, unsatisfied
-- needs: referral
-- chart: bars
-- definition: Complaints received in the period, net of merged, and those of them that the customer took to an external body, with the outcome there as far as it is known at the cut of the data.
-- definition.tr: Dönemde alınan şikâyetler (birleştirilenler hariç) ve bunlardan müşterinin dış bir kuruluşa götürdükleri; oradaki sonuç, değerlendirme anında bilindiği kadarıyla yanında verilir.
-- definition.ru: Жалобы, полученные в периоде (без объединённых), и из них те, с которыми заявитель обратился во внешний орган; результат там – насколько он известен на момент оценки.
WITH period_days AS (
    SELECT c.day, c.month
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
    WHERE c.day >= p.period_first AND c.day <= p.period_last
),
counted AS (
    SELECT
        k.case_key, d.month, k.channel, k.site, k.category, k.product, k.referral_body AS body,
        k.external_outcome AS outcome,
        CASE WHEN k.referred_on IS NOT NULL THEN 'yes' ELSE 'no' END AS referred
    FROM cases AS k
    JOIN period_days AS d ON d.day = k.received_on
    WHERE k.state <> 'merged'
)
SELECT
    month,
    CAST(COUNT(*) AS BIGINT) AS received,
    CAST(SUM(CASE WHEN referred = 'yes' THEN 1 ELSE 0 END) AS BIGINT) AS referred,
    CAST(SUM(CASE WHEN outcome = 'satisfied' THEN 1 ELSE 0 END) AS BIGINT) AS satisfied,
    CAST(SUM(CASE WHEN outcome = 'unsatisfied' THEN 1 ELSE 0 END) AS BIGINT) AS unsatisfied
FROM counted
GROUP BY month
ORDER BY month
