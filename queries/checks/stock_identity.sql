-- id: stock_identity
-- title.en: Stock and flow do not add up
-- title.tr: Stok ile akış birbirini tutmuyor
-- title.ru: Остаток и движение не сходятся
-- key: month
-- columns: month, flow_change, stock_change
-- definition: Months in which what was received and reopened, less what was closed, differs from the change of the stock counted by the days on which cases entered and left an open state. Then opening + flows = closing does not hold.
-- definition.tr: Alınan ve yeniden açılandan kapanan çıkarıldığında bulunan sayının, kayıtların açık durumlara girip çıktığı günlerden sayılan stok değişiminden farklı olduğu aylar. Böyle bir ayda açılış + akış = kapanış tutmaz.
-- definition.ru: Месяцы, в которых полученное и открытое вновь за вычетом закрытого отличается от изменения остатка, подсчитанного по дням входа жалоб в открытые состояния и выхода из них. Тогда остаток на начало + движение не равны остатку на конец.
-- fault: case_states: SELECT case_key, step, state, previous, pass, is_open, was_open, from_on, CASE WHEN step = 0 THEN NULL ELSE until_on END AS until_on FROM case_states
WITH days AS (
    SELECT c.day, c.month FROM calendar AS c JOIN params AS p ON c.calendar_id = p.calendar_id
),
moves AS (
    SELECT
        d.month,
        CASE
            WHEN s.was_open IS NULL THEN 1
            WHEN s.was_open = FALSE AND s.is_open = TRUE THEN 1
            WHEN s.was_open = TRUE AND s.is_open = FALSE THEN -1
            ELSE 0
        END AS flow_change,
        CASE WHEN s.is_open = TRUE THEN 1 ELSE 0 END AS stock_change
    FROM case_states AS s
    JOIN days AS d ON d.day = s.from_on
    UNION ALL
    SELECT d.month, 0 AS flow_change, -1 AS stock_change
    FROM case_states AS s
    JOIN days AS d ON d.day = s.until_on
    WHERE s.is_open = TRUE
),
changes AS (
    SELECT
        month,
        CAST(SUM(flow_change) AS BIGINT) AS flow_change,
        CAST(SUM(stock_change) AS BIGINT) AS stock_change
    FROM moves
    GROUP BY month
)
SELECT month, flow_change, stock_change
FROM changes
WHERE flow_change <> stock_change
ORDER BY month
