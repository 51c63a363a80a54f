-- id: review_inputs
-- title.en: Inputs entered for the management review of the period
-- title.tr: Dönemin yönetim gözden geçirmesi için girilen girdiler
-- title.ru: Входные данные, внесённые для анализа за период
-- iso: 8.6
-- basis: ended
-- grain: input of a review
-- key: review, input
-- dimensions: input
-- columns: review, input, entered
-- rests_on: review_inputs
-- chart: none
-- definition: What was entered for the inputs of the management review of exactly this period: changes within and outside the organisation, recommendations, and remarks on the inputs that the figures fill.
-- definition.tr: Tam bu dönemin yönetim gözden geçirmesi için girilenler: kuruluş içi ve dışı değişiklikler, öneriler ve rakamların doldurduğu girdilere notlar.
-- definition.ru: Внесённое для анализа со стороны руководства именно за этот период: изменения внутри и вне организации, рекомендации и замечания к тому, что заполняют показатели.
WITH counted AS (
    SELECT r.review, r.input, r.entered
    FROM review_inputs AS r
    JOIN params AS p ON r.period_first = p.period_first AND r.period_last = p.period_last
)
SELECT review, input, entered
FROM counted
ORDER BY review, input
