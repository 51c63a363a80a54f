-- id: documents_changed
-- title.en: Procedures improved by complaints
-- title.tr: Şikâyetler sonucunda iyileştirilen prosedürler
-- title.ru: Процедуры, улучшенные благодаря жалобам
-- iso: M8
-- basis: ended
-- grain: action
-- key: action_id
-- dimensions: month, kind, source, department
-- columns: month, actions, documents
-- rests_on: actions
-- chart: bars
-- definition: Corrective and preventive actions implemented in the period, and the documents (procedures, instructions, forms) that they changed.
-- definition.tr: Dönem içinde uygulanan düzeltici ve önleyici faaliyetler ile bunların değiştirdiği dokümanlar (prosedür, talimat, form).
-- definition.ru: Корректирующие и предупреждающие действия, выполненные в периоде, и документы (процедуры, инструкции, формы), которые они изменили.
WITH period_days AS (
    SELECT c.day, c.month
    FROM calendar AS c
    JOIN params AS p ON c.calendar_id = p.calendar_id
    WHERE c.day >= p.period_first AND c.day <= p.period_last
),
counted AS (
    SELECT a.action_id, d.month, a.kind, a.source, a.department, a.documents_changed
    FROM actions AS a
    JOIN period_days AS d ON d.day = a.implemented_on
)
SELECT
    month,
    CAST(COUNT(*) AS BIGINT) AS actions,
    CAST(SUM(documents_changed) AS BIGINT) AS documents
FROM counted
GROUP BY month
ORDER BY month
