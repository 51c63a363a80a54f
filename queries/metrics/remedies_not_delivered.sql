-- id: remedies_not_delivered
-- title.en: Accepted, remedy not delivered
-- title.tr: Kabul edildi, telafi teslim edilmedi
-- title.ru: Принято, возмещение не предоставлено
-- iso: 7.9
-- basis: stock
-- grain: case
-- key: case_key
-- dimensions: remedy, department, product
-- columns: remedy, complaints, oldest_due
-- needs: remedies
-- chart: list
-- definition: Complaints completed by acceptance of a decision whose remedy was due by 24:00 of the period's last day (or by the cut of the data, when that is earlier) and was not delivered by then. A reopened complaint is being examined again: it stands in the stock, not here.
-- definition.tr: Kararın kabulüyle tamamlanmış, telafisinin vadesi dönemin son gününde saat 24.00’e (değerlendirme anı daha erkense o ana) kadar dolmuş ve o ana kadar teslim edilmemiş şikâyetler. Yeniden açılan şikâyet yeniden incelenir: burada değil, stoktadır.
-- definition.ru: Жалобы, завершённые принятием решения, срок возмещения по которым наступил к 24:00 последнего дня периода (или к моменту оценки, если он раньше), а возмещение к этому времени не предоставлено. Открытая вновь жалоба рассматривается заново: она в остатке, а не здесь.
WITH stock_days AS (
    SELECT c.day
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
    WHERE c.day <= p.stock_on
),
counted AS (
    SELECT k.case_key, k.remedy_granted AS remedy, k.department, k.product, k.remedy_due_on
    FROM case_states AS s
    JOIN stock_days AS f ON f.day = s.from_on
    JOIN cases AS k ON k.case_key = s.case_key
    JOIN stock_days AS d ON d.day = k.remedy_due_on
    CROSS JOIN params AS p
    WHERE s.state IN ('completed', 'completed_externally')
        AND (s.until_on IS NULL OR s.until_on > p.stock_on)
        AND (k.remedy_done_on IS NULL OR k.remedy_done_on > p.stock_on)
)
SELECT remedy, CAST(COUNT(*) AS BIGINT) AS complaints, MIN(remedy_due_on) AS oldest_due
FROM counted
GROUP BY remedy
ORDER BY remedy
