-- id: review_decisions
-- title.en: Follow-up of earlier management reviews
-- title.tr: Önceki yönetim gözden geçirmelerinin takibi
-- title.ru: Выполнение решений прежних анализов со стороны руководства
-- iso: I7
-- basis: stock
-- grain: decision
-- key: review, decision_no
-- dimensions: review, output, state, standing, owner
-- columns: review, output, decision, action_id, owner, due_on, state, standing
-- rests_on: review_decisions
-- chart: none
-- definition: Decisions of management reviews held by 24:00 of the period's last day, with the action that carries each out. Done in time or done late: implemented by its due date or after it; late: not implemented and past its due date; ahead: not due yet; given up: the action was withdrawn.
-- definition.tr: Dönemin son gününün sonuna kadar yapılan yönetim gözden geçirmelerinin kararları ve her birini yerine getiren faaliyet. Süresinde ya da geç yapıldı: vadesine kadar ya da vadesinden sonra uygulandı; gecikti: uygulanmadı ve vadesi geçti; vadesi gelmedi; vazgeçildi: faaliyet geri çekildi.
-- definition.ru: Решения анализов со стороны руководства, проведённых к 24:00 последнего дня периода, и действие, которым выполняется каждое. Выполнено в срок или с опозданием: до срока или после него; просрочено: не выполнено, срок прошёл; срок не наступил; отменено: действие снято.
WITH counted AS (
    SELECT
        d.review, d.decision_no, d.output, d.decision, d.action_id, a.owner, a.due_on, a.state,
        CASE
            WHEN a.withdrawn THEN 'given_up'
            WHEN a.implemented_on IS NOT NULL AND a.due_on IS NULL THEN 'done'
            WHEN a.implemented_on <= a.due_on THEN 'done'
            WHEN a.implemented_on > a.due_on THEN 'done_late'
            WHEN a.due_on < p.stock_on THEN 'late'
            ELSE 'ahead'
        END AS standing
    FROM review_decisions AS d
    JOIN actions AS a ON a.action_id = d.action_id
    CROSS JOIN params AS p
    WHERE d.held_on <= p.stock_on
)
SELECT review, output, decision, action_id, owner, due_on, state, standing
FROM counted
ORDER BY review, decision_no
