-- id: research_notes
-- title.en: Research into better handling of complaints
-- title.tr: Şikâyetlerin daha iyi ele alınmasına yönelik araştırmalar
-- title.ru: Изучение лучших способов работы с жалобами
-- iso: 8.7
-- basis: stock
-- grain: piece of research
-- key: research_no
-- dimensions: outcome, owner
-- columns: research_no, begun_on, question, owner, outcome, concluded_on, finding
-- rests_on: research
-- chart: none
-- definition: Research that ran at some time in the period: what was asked, and what was found as of the snapshot (running, adopted, rejected, unclear).
-- definition.tr: Dönem içinde sürmüş olan araştırmalar: neyin sorulduğu ve veri kesiti anına kadar ne bulunduğu (sürüyor, benimsendi, reddedildi, belirsiz).
-- definition.ru: Исследования, шедшие в периоде: что изучалось и что найдено на момент среза (идёт, принято, отклонено, неясно).
WITH counted AS (
    SELECT r.research_no, r.begun_on, r.question, r.owner, r.outcome, r.concluded_on, r.finding
    FROM research AS r
    CROSS JOIN params AS p
    WHERE r.begun_on <= p.period_last AND (r.concluded_on IS NULL OR r.concluded_on >= p.period_first)
)
SELECT research_no, begun_on, question, owner, outcome, concluded_on, finding
FROM counted
ORDER BY research_no
