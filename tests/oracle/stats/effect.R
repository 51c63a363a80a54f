# Writes effect_months.csv, effect.csv, effect_pairs.csv and effect_outlook.csv. Run in this folder: Rscript effect.R
# See README.md for versions. Nothing here is the program's own output.

write <- function(name, table) {
  numbers <- vapply(table, is.double, TRUE)
  table[numbers] <- lapply(table[numbers], function(column) {
    ifelse(is.na(column), "", formatC(column, digits = 17, format = "g", width = 1))
  })
  write.table(table, name, sep = ",", quote = FALSE, row.names = FALSE, eol = "\n", na = "")
}

level <- 0.95
tail <- (1 - level) / 2

# Limits of the rate ratio from two counts, divided so, by the quantiles of the beta distribution.
limits <- function(x, y, weight, divisor) {
  a <- x / divisor
  b <- y / divisor
  low <- if (x == 0) 0 else { p <- qbeta(tail, a, b + 1); p / (1 - p) / weight }
  high <- if (y == 0) NA else { q <- qbeta(tail, b, a + 1); (1 - q) / q / weight }
  p <- weight / (1 + weight)
  below <- if (y == 0) 1 else pbeta(1 - p, b, a + 1)
  above <- if (x == 0) 1 else pbeta(p, a, b + 1)
  c(low = low, high = high, p = min(1, 2 * min(below, above)))
}

# 1. Windows of months: the model by glm, its scatter by summary, the limits by qbeta.
set.seed(1934)
months <- function(before, after, exposure_before = 1, exposure_after = 1, season_before = NA, season_after = NA) {
  data.frame(window = rep(c("before", "after"), c(length(before), length(after))), events = c(before, after),
    exposure = c(rep_len(exposure_before, length(before)), rep_len(exposure_after, length(after))),
    season = c(rep_len(season_before, length(before)), rep_len(season_after, length(after))))
}
height <- 1 + 0.5 * cos(2 * pi * (1:12) / 12)
sold <- round(runif(30, 80, 160))
windows <- list(
  bursts = months(rnbinom(12, 8, mu = 8), rnbinom(9, 4, mu = 4)),
  calm = months(c(9L, 10L, 8L, 11L, 9L, 10L, 10L, 9L, 8L, 10L, 11L, 9L), c(6L, 5L, 7L, 6L, 5L, 6L)),
  sold = months(rnbinom(18, 3, mu = sold[1:18] / 20), rnbinom(12, 2, mu = sold[19:30] / 30), sold[1:18], sold[19:30]),
  two = months(c(14L, 29L), c(8L, 2L), c(1, 1.5), 1),
  season = months(rpois(24, 12 * height), rpois(12, 8 * height), 1, 1, rep(1:12, 2), 1:12),
  season_bursts = months(rnbinom(24, 10, mu = 10 * height), rnbinom(12, 10, mu = 7 * height), 1, 1, rep(1:12, 2), 1:12),
  season_longer = months(rnbinom(12, 12, mu = 12 * height), rnbinom(18, 6, mu = 6 * height[(0:17 + 4) %% 12 + 1]), 1, 1, 1:12, (0:17 + 4) %% 12 + 1),
  season_sold = months(rnbinom(12, 9, mu = sold[1:12] / 10 * height), rnbinom(16, 9, mu = sold[13:28] / 12 * height[(0:15) %% 12 + 1]), sold[1:12], sold[13:28], 1:12, (0:15) %% 12 + 1),
  season_short = months(rnbinom(10, 20, mu = 20 * rep(height[3:7], 2)), rnbinom(5, 12, mu = 12 * height[3:7]), 1, 1, rep(3:7, 2), 3:7),
  none_after = months(rnbinom(12, 5, mu = 5), integer(4) + 0L),
  none_before = months(integer(6) + 0L, rnbinom(5, 2, mu = 4), 2, 1),
  empty_season = months(c(0L, 7L, 9L, 4L, 0L, 12L, 3L, 6L), c(0L, 2L, 6L, 1L), 1, 1, rep(1:4, 2), 1:4)
)
rows <- list()
results <- list()
for (name in names(windows)) {
  data <- windows[[name]]
  rows[[name]] <- data.frame(data = name, window = data$window, events = as.integer(data$events), exposure = as.double(data$exposure), season = as.integer(data$season))
  seasonal <- !anyNA(data$season)
  x <- sum(data$events[data$window == "after"])
  y <- sum(data$events[data$window == "before"])
  weight <- sum(data$exposure[data$window == "after"]) / sum(data$exposure[data$window == "before"])
  used <- data
  # What is fitted as 0 says nothing: a window or a calendar month without an event.
  if (x == 0) used <- used[used$window == "before", ]
  if (y == 0) used <- used[used$window == "after", ]
  if (seasonal) {
    heights <- tapply(used$events, used$season, sum)
    used <- used[heights[as.character(used$season)] > 0, ]
    used$season <- factor(used$season)
  }
  used$window <- relevel(factor(used$window), levels(factor(used$window))[length(unique(used$window))])
  terms <- c(if (x > 0 && y > 0) "window", if (seasonal) "season", "offset(log(exposure))")
  formula <- reformulate(terms, "events")
  tight <- glm.control(epsilon = 1e-13, maxit = 500)
  fit <- glm(formula, data = used, family = quasipoisson, control = tight)
  # Once more from there: a fit's weights are those of its last step but one.
  fit <- glm(formula, data = used, family = quasipoisson, control = tight, start = coef(fit))
  shown <- summary(fit)$dispersion
  degrees <- df.residual(fit)
  phi <- max(1, shown)
  imbalance <- 1
  if (x > 0 && y > 0) {
    ratio <- exp(coef(fit)[["windowafter"]])
    weight <- x / y / ratio
    variance <- summary(fit, dispersion = 1)$cov.scaled["windowafter", "windowafter"]
    imbalance <- variance / (1 / x + 1 / y)
  } else ratio <- if (y == 0) NA else 0
  stretch <- if (shown > 1) (qt(tail, degrees) / qnorm(tail))^2 else 1
  bounds <- limits(x, y, weight, phi * imbalance * stretch)
  results[[name]] <- data.frame(data = name, shown = shown, phi = phi, degrees = as.integer(degrees), ratio = as.double(ratio),
    lower = bounds[["low"]], upper = bounds[["high"]], p = bounds[["p"]])
}
write("effect_months.csv", do.call(rbind, rows))
write("effect.csv", do.call(rbind, results))

# 2. One month each, where there is no scatter to see: poisson.test, with twice its smaller one-sided p-value.
rows <- list()
for (case in list(c(11, 800, 21, 3011), c(2, 17877, 9, 16660), c(41, 28010, 15, 19017), c(0, 10, 5, 12), c(4, 6, 0, 12), c(24, 12, 48, 12),
                  c(3, 6, 48, 12), c(8, 4, 12, 4), c(150, 7.5, 310, 12), c(5000, 1, 5200, 1), c(1, 1, 1, 1), c(0, 24, 1, 1))) {
  counts <- as.integer(case[c(1, 3)])
  time <- case[c(2, 4)]
  test <- poisson.test(counts, time, conf.level = level)
  one_sided <- sapply(c("less", "greater"), function(side) poisson.test(counts, time, alternative = side)$p.value)
  rows[[length(rows) + 1]] <- data.frame(after = counts[1], exposure_after = time[1], before = counts[2], exposure_before = time[2],
    lower = test$conf.int[1], upper = ifelse(is.finite(test$conf.int[2]), test$conf.int[2], NA), p = min(1, 2 * min(one_sided)))
}
write("effect_pairs.csv", do.call(rbind, rows))

# 3. The outlook. Every count of the follow-up that can occur is judged by its limits, and the predictive
# probabilities of the verdict are added up. With one month each there is no scatter to average over; else the
# average is taken over a dense grid of the posterior of phi and of the follow-up's own chi-square.
target <- 1 / 3
verdicts <- function(y, weight, divisor, counts) {
  a <- counts / divisor
  b <- y / divisor
  p <- weight / (1 + weight)
  miss <- weight * (1 - target) / (1 + weight * (1 - target))
  list(effective = pbeta(1 - p, b, a + 1) < tail & counts / y / weight <= (1 - target) * (1 + 1e-9),
    ineffective = counts > 0 & pbeta(miss, a, b + 1) < tail)
}
predictive <- function(y, fallen, phi, counts) {
  # y / phi events of a Poisson count: Jeffreys' posterior of the rate is a gamma distribution.
  shape <- y / phi + 0.5
  mean <- shape * phi * fallen
  variance <- phi * mean + mean^2 / shape
  diff(c(0, pnbinom(counts, size = mean^2 / (variance - mean), mu = mean)))
}
rows <- list()
for (case in list(list(24L, 1, 0.5), list(60L, 1, 0.5), list(200L, 0.4, 0.5), list(200L, 0.4, 0.3), list(5L, 3, 0.6), list(1000L, 1.7, 0.4))) {
  y <- case[[1]]
  counts <- 0:ceiling(6 * y * case[[2]] + 100)
  verdict <- verdicts(y, case[[2]], 1, counts)
  rows[[length(rows) + 1]] <- data.frame(before = as.character(y), exposure = case[[2]], months = 1L, reduction = case[[3]],
    seen = sum(predictive(y, case[[2]] * (1 - case[[3]]), 1, counts)[verdict$effective]),
    refuted = sum(predictive(y, case[[2]], 1, counts)[verdict$ineffective]))
}
grid <- (1:80 - 0.5) / 80
for (case in list(list(c(9L, 12L, 7L, 11L, 8L, 10L, 13L, 9L, 10L, 6L, 12L, 9L), 6), list(c(9L, 12L, 7L, 11L, 8L, 10L, 13L, 9L, 10L, 6L, 12L, 9L), 14),
                  list(c(4L, 19L, 7L, 11L, 2L, 10L, 21L, 9L, 3L, 6L, 18L, 9L), 10), list(c(4L, 1L, 7L, 3L, 2L, 5L, 6L, 3L, 4L, 4L, 2L, 5L), 18),
                  list(c(30L, 41L, 22L, 35L, 18L, 27L, 44L, 31L, 25L, 38L, 20L, 29L), 4))) {
  before <- case[[1]]
  ahead <- case[[2]]
  y <- sum(before)
  weight <- ahead / 12
  chi_square <- sum((before - mean(before))^2 / mean(before))
  counts <- 0:ceiling(4 * y * weight + 100)
  degrees <- 11 + ahead - 1
  sums <- c(0, 0)
  for (u in grid) {
    phi <- max(1, chi_square / qchisq(u, 11))
    half <- predictive(y, weight * 0.5, phi, counts)
    same <- predictive(y, weight, phi, counts)
    for (v in grid) {
      shown <- (chi_square + phi * qchisq(v, ahead - 1)) / degrees
      divisor <- if (shown > 1) shown * (qt(tail, degrees) / qnorm(tail))^2 else 1
      verdict <- verdicts(y, weight, divisor, counts)
      sums <- sums + c(sum(half[verdict$effective]), sum(same[verdict$ineffective]))
    }
  }
  rows[[length(rows) + 1]] <- data.frame(before = paste(before, collapse = " "), exposure = 1, months = as.integer(ahead), reduction = 0.5,
    seen = sums[1] / length(grid)^2, refuted = sums[2] / length(grid)^2)
}
write("effect_outlook.csv", do.call(rbind, rows))
