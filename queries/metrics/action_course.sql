-- id: action_course
-- title.en: Complaints in the scope of actions, month by month
-- title.tr: Faaliyetlerin kapsamındaki şikâyetler, ay ay
-- title.ru: Жалобы в области действий по месяцам
-- iso: P15
-- basis: received
-- grain: month of an action
-- key: action_id, month
-- dimensions: action_id, month, time_window
-- columns: action_id, month, time_window, cases, moved_out, exposure, whole
-- rests_on: actions
-- chart: none
-- definition: For every action that is judged by the complaints in its scope: complaints of each month, what they are set against (working days or units), and the window that the month lies in. The months are those of the check, whatever the period.
-- definition.tr: Kapsamındaki şikâyetlerle değerlendirilen her faaliyet için: her ayın şikâyetleri, neye göre oranlandıkları (iş günü ya da adet) ve ayın hangi pencerede olduğu. Aylar, dönem ne olursa olsun, değerlendirmenin aylarıdır.
-- definition.ru: По каждому действию, оцениваемому по жалобам в его области: жалобы каждого месяца, к чему они отнесены (рабочие дни или единицы), и окно, в котором лежит месяц. Месяцы те, что заданы проверкой, каким бы ни был период.
WITH counted AS (
    SELECT m.action_id, m.month, m.time_window, m.cases, m.moved_out, m.exposure, m.whole
    FROM action_months AS m
)
SELECT
    action_id, month, time_window,
    CAST(cases AS BIGINT) AS cases,
    CAST(moved_out AS BIGINT) AS moved_out,
    exposure, whole
FROM counted
ORDER BY action_id, month
