# Writes beta_binomial.csv and growth_models.csv. Run in this folder: Rscript growth.R
# See README.md for versions. Nothing here is the program's own output.

library(MASS)

write <- function(name, table) {
  numbers <- vapply(table, is.double, TRUE)
  table[numbers] <- lapply(table[numbers], function(column) formatC(column, digits = 17, format = "g", width = 1))
  write.table(table, name, sep = ",", quote = FALSE, row.names = FALSE, eol = "\n")
}

# The chance of x or more out of n on the first side, given the total, from two negative binomial counts with the
# variance phi times their mean (probability 1 / phi) and sizes in proportion to the volume. No beta-binomial is used.
rows <- list()
for (case in list(c(3, 3, 0.1, 1.5), c(6, 6, 0.0833, 2), c(4, 9, 0.25, 1.2), c(24, 60, 0.25, 1.8), c(1, 40, 0.1, 3),
                  c(12, 400, 0.08, 4), c(60, 400, 0.08, 4), c(130, 1000, 0.1, 1.01), c(900, 5000, 0.15, 6), c(5, 8, 0.4, 9),
                  c(2, 30, 0.5, 40), c(29, 30, 0.9, 40), c(20, 20, 0.05, 2.5), c(3000, 20000, 0.14, 1.5))) {
  x <- case[1]; n <- case[2]; share <- case[3]; phi <- case[4]
  size <- n / (phi - 1)
  logs <- dnbinom(0:n, size * share, 1 / phi, log = TRUE) + dnbinom(n:0, size * (1 - share), 1 / phi, log = TRUE)
  weights <- exp(logs - max(logs))
  rows[[length(rows) + 1]] <- data.frame(x = as.integer(x), n = as.integer(n), share = share, phi = phi,
    at_least = sum(weights[(x:n) + 1]) / sum(weights), at_most = sum(weights[(0:x) + 1]) / sum(weights))
}
write("beta_binomial.csv", do.call(rbind, rows))

# Clusters of many cases over 20 months with a window of 3: the ratio and the standard error of its logarithm under
# Poisson by glm, and theta of the past by maximum likelihood.
set.seed(1936)
rows <- list()
for (cluster in 1:8) {
  theta <- c(5, 8, 12, 20)[(cluster - 1) %% 4 + 1]
  volume <- round(runif(20, 500, 900))
  recent <- rep(0:1, c(17, 3))
  cases <- rnbinom(20, size = theta, mu = volume * 0.15 * ifelse(recent == 1, 1 + cluster / 10, 1))
  model <- summary(glm(cases ~ recent + offset(log(volume)), family = poisson))$coefficients
  past <- glm.nb(cases ~ 1 + offset(log(volume)), data = data.frame(cases, volume)[1:17, ])
  for (month in 1:20) {
    rows[[length(rows) + 1]] <- data.frame(cluster = cluster, cases = as.integer(cases[month]), volume = volume[month],
      ratio = exp(model[2, 1]), std_error = model[2, 2], theta = past$theta)
  }
}
write("growth_models.csv", do.call(rbind, rows))
