# Writes the tables of this folder that come from R. Run in this folder: Rscript make_tables.R
# See README.md for versions. Nothing here is the program's own output.

library(survival)
library(MASS)

write <- function(name, table) {
  numbers <- vapply(table, is.double, TRUE)
  table[numbers] <- lapply(table[numbers], function(column) {
    ifelse(is.na(column), "", formatC(column, digits = 17, format = "g", width = 1))
  })
  write.table(table, name, sep = ",", quote = FALSE, row.names = FALSE, eol = "\n", na = "")
}

# Log-rank tests: the data as counts per group and time, and survdiff's figures.
set.seed(1966)
tied <- data.frame(time = sample(1:12, 200, TRUE), status = rbinom(200, 1, 0.7), group = sample(c("a", "b", "c"), 200, TRUE, c(5, 3, 1)))
# Group c has left before the first event.
early <- data.frame(time = c(3, 5, 6, 8, 4, 6, 7, 9, 1, 2), status = c(1, 1, 0, 1, 1, 0, 1, 1, 0, 0), group = rep(c("a", "b", "c"), c(4, 4, 2)))
cases <- list(
  aml = data.frame(time = aml$time, status = aml$status, group = as.character(aml$x)),
  ovarian = data.frame(time = ovarian$futime, status = ovarian$fustat, group = paste0("rx", ovarian$rx)),
  lung_sex = data.frame(time = lung$time, status = lung$status - 1, group = paste0("sex", lung$sex)),
  lung_ecog = na.omit(data.frame(time = lung$time, status = lung$status - 1, group = ifelse(is.na(lung$ph.ecog), NA, paste0("ecog", lung$ph.ecog)))),
  veteran = data.frame(time = veteran$time, status = veteran$status, group = as.character(veteran$celltype)),
  tied = tied,
  early = early
)
rows <- list()
results <- list()
for (name in names(cases)) {
  data <- cases[[name]]
  for (group in sort(unique(data$group))) {
    own <- data[data$group == group, ]
    for (time in sort(unique(own$time))) {
      at <- own[own$time == time, ]
      rows[[length(rows) + 1]] <- data.frame(data = name, group = group, time = time, events = sum(at$status == 1), censored = sum(at$status == 0))
    }
  }
  test <- survdiff(Surv(time, status) ~ group, data = data)
  degrees <- sum(test$exp > 0) - 1
  results[[length(results) + 1]] <- data.frame(
    data = name, group = sub("group=", "", names(test$n)), total = as.integer(test$n), observed = as.integer(test$obs),
    expected = as.double(test$exp), chi_square = as.double(test$chisq), degrees = as.integer(degrees),
    p = pchisq(test$chisq, degrees, lower.tail = FALSE)
  )
}
write("log_rank_data.csv", do.call(rbind, rows))
write("log_rank.csv", do.call(rbind, results))

# Two rates by counts per period: glm.nb and glm(quasipoisson), group b is the reference.
set.seed(1987)
monthly <- data.frame(group = rep(c("a", "b"), c(12, 18)), exposure = round(runif(30, 15, 25), 1))
monthly$events <- rnbinom(30, size = 2.5, mu = monthly$exposure * ifelse(monthly$group == "a", 0.3, 0.6))
calm <- data.frame(group = rep(c("a", "b"), c(6, 6)), exposure = 1, events = c(4L, 5L, 4L, 5L, 4L, 5L, 8L, 9L, 8L, 9L, 8L, 9L))
large <- data.frame(group = rep(c("a", "b"), c(10, 10)), exposure = rep(c(1000, 1200), 10))
large$events <- rnbinom(20, size = 8, mu = large$exposure * ifelse(large$group == "a", 3, 4))
periods <- list(
  quine_sex = data.frame(group = ifelse(quine$Sex == "M", "a", "b"), exposure = 1, events = quine$Days),
  quine_eth = data.frame(group = ifelse(quine$Eth == "N", "a", "b"), exposure = 1, events = quine$Days),
  epil = data.frame(group = ifelse(epil$trt == "progabide", "a", "b"), exposure = 2, events = as.integer(epil$y)),
  monthly = monthly,
  large = large,
  calm = calm
)
rows <- list()
results <- list()
for (name in names(periods)) {
  data <- periods[[name]]
  data$group <- relevel(factor(data$group), "b")
  rows[[name]] <- data.frame(data = name, group = as.character(data$group), events = as.integer(data$events), exposure = as.double(data$exposure))
  tight <- glm.control(epsilon = 1e-12, maxit = 500)
  quasi <- glm(events ~ group + offset(log(exposure)), data = data, family = quasipoisson, control = tight)
  # Once more from there: a fit's weights are those of its last step but one.
  quasi <- glm(events ~ group + offset(log(exposure)), data = data, family = quasipoisson, control = tight, start = coef(quasi))
  line <- coef(summary(quasi))["groupa", ]
  reach <- qt(0.975, df.residual(quasi)) * line[["Std. Error"]]
  results[[length(results) + 1]] <- data.frame(
    data = name, model = "quasi", ratio = exp(line[["Estimate"]]), std_error = line[["Std. Error"]],
    lower = exp(line[["Estimate"]] - reach), upper = exp(line[["Estimate"]] + reach), p = line[["Pr(>|t|)"]],
    dispersion = summary(quasi)$dispersion
  )
  if (name == "calm") {
    # No over-dispersion: glm.nb does not converge, its limit is the Poisson model.
    fit <- glm(events ~ group + offset(log(exposure)), data = data, family = poisson, control = tight)
    fit <- glm(events ~ group + offset(log(exposure)), data = data, family = poisson, control = tight, start = coef(fit))
    theta <- NA_real_
  } else {
    fit <- glm.nb(events ~ group + offset(log(exposure)), data = data, control = tight)
    theta <- fit$theta
  }
  line <- coef(summary(fit))["groupa", ]
  reach <- qnorm(0.975) * line[["Std. Error"]]
  results[[length(results) + 1]] <- data.frame(
    data = name, model = "negative_binomial", ratio = exp(line[["Estimate"]]), std_error = line[["Std. Error"]],
    lower = exp(line[["Estimate"]] - reach), upper = exp(line[["Estimate"]] + reach), p = line[["Pr(>|z|)"]],
    dispersion = theta
  )
}
write("periods.csv", do.call(rbind, rows))
write("rate_models.csv", do.call(rbind, results))

# Scatter of shares and of rates.
set.seed(2002)
size <- sample(800:1200, 24)
share <- list(smokers = data.frame(count = c(83, 90, 129, 70), size = c(86, 93, 136, 82)), wide = data.frame(count = rbinom(24, size, plogis(rnorm(24, -2, 0.3))), size = size), plain = data.frame(count = rbinom(24, size, 0.12), size = size))
exposure <- round(runif(24, 10, 30), 1)
rate <- list(wide = data.frame(count = rnbinom(24, size = 3, mu = exposure), size = exposure), plain = data.frame(count = rpois(24, exposure / 2), size = exposure))
rows <- list()
for (name in names(share)) {
  test <- suppressWarnings(prop.test(share[[name]]$count, share[[name]]$size))
  rows[[length(rows) + 1]] <- data.frame(data = paste0("share_", name), count = as.integer(share[[name]]$count), size = as.double(share[[name]]$size), chi_square = as.double(test$statistic), degrees = as.integer(test$parameter), p = as.double(test$p.value))
}
for (name in names(rate)) {
  test <- suppressWarnings(chisq.test(rate[[name]]$count, p = rate[[name]]$size, rescale.p = TRUE))
  rows[[length(rows) + 1]] <- data.frame(data = paste0("rate_", name), count = as.integer(rate[[name]]$count), size = as.double(rate[[name]]$size), chi_square = as.double(test$statistic), degrees = as.integer(test$parameter), p = as.double(test$p.value))
}
write("dispersion.csv", do.call(rbind, rows))
