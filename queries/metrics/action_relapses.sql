-- id: action_relapses
-- title.en: Actions whose effect did not last
-- title.tr: Etkisi kalıcı olmayan faaliyetler
-- title.ru: Действия, эффект которых не сохранился
-- iso: 8.7
-- basis: stock
-- grain: action
-- key: subject_id, signal
-- dimensions: signal, subject_id
-- columns: action_id, title, signal, recent, expected, cases
-- rests_on: improvement_runs
-- chart: none
-- definition: Actions that were found effective and whose scope has had more complaints since the verdict than the follow-up lets expect (99 % limit of the rate ratio, the last twelve months only), and actions that answered a case whose complainant came again with the same problem after the action was implemented. Each proposes a reopening. As of the snapshot, whatever the period.
-- definition.tr: Etkili bulunmuş, ancak sonuçtan bu yana kapsamında izleme döneminden beklenenden çok şikâyet olan faaliyetler (oranın %99 sınırı, yalnız son on iki ay) ile yanıtladığı şikâyetin sahibi, faaliyet uygulandıktan sonra aynı sorunla yeniden gelen faaliyetler. Her biri yeniden açmayı önerir. Dönem ne olursa olsun, veri kesitinin anına göredir.
-- definition.ru: Действия, признанные результативными, в области которых после вывода жалоб больше, чем ожидается по времени наблюдения (граница отношения частот 99 %, только последние двенадцать месяцев), и действия по жалобе, заявитель которой после выполнения действия снова обратился с той же проблемой. Каждое предлагает открыть действие заново. На момент среза, каким бы ни был период.
WITH counted AS (
    SELECT s.subject_id, s.label, s.signal, s.recent_cases, s.recent_expected, s.cases
    FROM action_signals AS s
    WHERE s.subject = 'action'
)
SELECT
    subject_id AS action_id,
    label AS title,
    signal,
    CAST(recent_cases AS BIGINT) AS recent,
    recent_expected AS expected,
    cases
FROM counted
ORDER BY subject_id, signal
