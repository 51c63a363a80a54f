-- id: action_verdicts
-- title.en: Actions whose effect was judged
-- title.tr: Etkisi değerlendirilen faaliyetler
-- title.ru: Действия, эффект которых оценён
-- iso: P15
-- basis: ended
-- grain: check of an action
-- key: action_id, attempt
-- dimensions: verdict, verdict_by_person, basis
-- columns: action_id, title, basis, verdict, verdict_by_person, verdict_still_in, ratio, ratio_lower, ratio_upper, p_value, chance_to_see, changes, changed_after_start, cases_when_fixed, cases_before, cases_after
-- rests_on: action_checks
-- chart: none
-- definition: Effectiveness checks of actions whose verdict fell in the period: the rate of the complaints in scope in the follow-up over that in the baseline, with its interval, beside the verdict of the person who verified the action. Windows, target and scope were fixed before the action began; changes counts how often they were changed after that.
-- definition.tr: Sonucu dönem içinde belli olan etkililik değerlendirmeleri: kapsamdaki şikâyetlerin izleme dönemindeki oranının başlangıç dönemindekine bölümü ve güven aralığı, faaliyeti doğrulayan kişinin sonucuyla yan yana. Pencereler, hedef ve kapsam faaliyet başlamadan sabitlenmiştir; sonradan kaç kez değiştirildiği belirtilir.
-- definition.ru: Проверки результативности, вывод по которым пришёлся на период: отношение частоты жалоб в области действия за время наблюдения к частоте за базовый период с доверительным интервалом, рядом с выводом проверявшего. Окна, цель и область установлены до начала действия; указано, сколько раз их меняли после этого.
WITH counted AS (
    SELECT
        e.action_id, e.attempt, a.title, e.basis, e.verdict, e.verdict_by_person, e.verdict_still_in, e.rate_ratio,
        e.ratio_lower, e.ratio_upper, e.p_value, e.chance_to_see, e.changes, e.changed_after_start,
        e.cases_when_fixed, e.cases_before, e.cases_after
    FROM action_checks AS e
    JOIN actions AS a ON a.action_id = e.action_id
    CROSS JOIN params AS p
    WHERE e.settles AND e.ended_on >= p.period_first AND e.ended_on <= p.period_last
)
SELECT
    action_id, title, basis, verdict, verdict_by_person, verdict_still_in,
    rate_ratio AS ratio, ratio_lower, ratio_upper, p_value, chance_to_see,
    CAST(changes AS BIGINT) AS changes, changed_after_start,
    CAST(cases_when_fixed AS BIGINT) AS cases_when_fixed,
    CAST(cases_before AS BIGINT) AS cases_before,
    CAST(cases_after AS BIGINT) AS cases_after
FROM counted
ORDER BY action_id, attempt
