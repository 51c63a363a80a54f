-- id: states_overlap_or_gap
-- title.en: States overlap or leave a gap
-- title.tr: Durumlar çakışıyor ya da boşluk bırakıyor
-- title.ru: Состояния пересекаются или оставляют разрыв
-- key: case_key, step
-- columns: case_key, case_id, step, state, from_on, until_on, next_from_on
-- definition: States of a case that are not left on the day on which the next one is entered, and last states that are said to have been left.
-- definition.tr: Bir sonrakine geçildiği gün sona ermemiş durumlar ile sona ermiş görünen son durumlar.
-- definition.ru: Состояния, закончившиеся не в тот день, когда началось следующее, и последние состояния, отмеченные как закончившиеся.
-- fault: case_states: SELECT case_key, step, state, previous, pass, is_open, was_open, from_on, CASE WHEN until_on > from_on THEN from_on ELSE until_on END AS until_on FROM case_states
WITH next_steps AS (
    SELECT s.case_key AS next_key, s.step - 1 AS before_step, s.from_on AS next_from_on
    FROM case_states AS s
),
offending AS (
    SELECT s.case_key, s.step, s.state, s.from_on, s.until_on, n.next_from_on
    FROM case_states AS s
    LEFT JOIN next_steps AS n ON n.next_key = s.case_key AND n.before_step = s.step
    WHERE (n.next_from_on IS NULL AND s.until_on IS NOT NULL)
        OR (n.next_from_on IS NOT NULL AND (s.until_on IS NULL OR s.until_on <> n.next_from_on))
)
SELECT o.case_key, k.case_id, o.step, o.state, o.from_on, o.until_on, o.next_from_on
FROM offending AS o
LEFT JOIN cases AS k ON k.case_key = o.case_key
ORDER BY o.case_key, o.step
