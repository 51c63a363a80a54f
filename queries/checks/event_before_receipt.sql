-- id: event_before_receipt
-- title.en: Event before the receipt
-- title.tr: Şikâyet alınmadan önceki olay
-- title.ru: Событие до получения жалобы
-- key: case_key, seq
-- columns: case_key, case_id, seq, kind, occurred_at, received_at
-- definition: Events that happened before the complaint was received and are not marked as deviations. Cases with amended or struck-out events are left out: the table keeps an event's time as it was first entered.
-- definition.tr: Şikâyet alınmadan önce gerçekleşmiş ve prosedür dışı olarak işaretlenmemiş olaylar. Düzeltilen ya da hükümsüz kılınan olayı bulunan kayıtlara bakılmaz: tablo, olayın ilk girilen zamanını saklar.
-- definition.ru: События, произошедшие до получения жалобы и не отмеченные как события вне процедуры. Жалобы с исправленными или аннулированными событиями не проверяются: таблица хранит время события таким, каким его внесли вначале.
-- fault: events: SELECT CASE WHEN kind = 'registered' THEN case_key ELSE case_key + 1 END AS case_key, seq, kind, occurred_at, occurred_on, recorded_at, recorded_on, role, late, deviation FROM events
WITH unmended AS (
    SELECT k.case_key, k.case_id, k.received_at
    FROM cases AS k
    WHERE k.amendments = 0 AND k.voided = 0
)
SELECT e.case_key, k.case_id, e.seq, e.kind, e.occurred_at, k.received_at
FROM events AS e
JOIN unmended AS k ON k.case_key = e.case_key
WHERE e.occurred_at < k.received_at AND e.deviation IS NULL AND e.kind <> 'registered'
ORDER BY e.case_key, e.seq
