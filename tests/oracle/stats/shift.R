# Writes shift_months.csv and shift.csv: a share before and after. Run in this folder: Rscript shift.R
# `Rscript shift.R study` prints how often the test calls a change where there is none, and where there is one.

compare <- function(before, after, confidence = 0.95) {
  count <- c(before$count, after$count)
  size <- c(before$size, after$size)
  side <- rep(0:1, c(nrow(before), nrow(after)))
  sums <- list(x = c(sum(before$count), sum(after$count)), n = c(sum(before$size), sum(after$size)))
  degrees <- length(count) - 2
  phi <- 1
  if (degrees > 0) {
    phi <- max(1, summary(glm(cbind(count, size - count) ~ side, family = quasibinomial, control = glm.control(epsilon = 1e-14, maxit = 100)))$dispersion)
  }
  square <- suppressWarnings(prop.test(sums$x, sums$n, correct = FALSE))$statistic / phi
  wide <- if (phi > 1) qt(0.5 + confidence / 2, degrees) else qnorm(0.5 + confidence / 2)
  p <- if (phi > 1) 2 * pt(-sqrt(square), degrees) else 2 * pnorm(-sqrt(square))
  level <- 1 - 2 * pnorm(-wide)
  one <- suppressWarnings(prop.test(sums$x[1] / phi, sums$n[1] / phi, conf.level = level, correct = FALSE))$conf.int
  two <- suppressWarnings(prop.test(sums$x[2] / phi, sums$n[2] / phi, conf.level = level, correct = FALSE))$conf.int
  share <- sums$x / sums$n
  d <- share[2] - share[1]
  list(
    before = share[1], after = share[2], difference = d,
    lower = d - sqrt((share[2] - two[1])^2 + (one[2] - share[1])^2),
    upper = d + sqrt((two[2] - share[2])^2 + (share[1] - one[1])^2),
    p = unname(p), phi = phi, degrees = degrees
  )
}

# Shares of months that scatter: beta-binomial with this correlation within a month (0: binomial).
months <- function(number, size, share, rho) {
  chance <- if (rho > 0) rbeta(number, share * (1 / rho - 1), (1 - share) * (1 / rho - 1)) else share
  data.frame(count = rbinom(number, size, chance), size = size)
}

study <- function(runs = 400) {
  set.seed(20261)
  cat("months size share rho after runs called\n")
  for (rho in c(0, 0.02, 0.05)) for (size in c(20, 100)) for (share in c(0.1, 0.4)) for (after in c(share, share + 0.15)) {
    called <- used <- 0
    for (run in 1:runs) {
      old <- months(24, size, share, rho)
      new <- months(3, size, after, rho)
      pooled <- (sum(old$count) + sum(new$count)) / (sum(old$size) + sum(new$size))
      if (sum(new$size) * min(pooled, 1 - pooled) < 5) next
      used <- used + 1
      called <- called + (compare(old, new)$p < 0.05)
    }
    cat(sprintf("24+3 %d %.2f %.2f %.2f %d %.3f (%.3f)\n", size, share, rho, after, used, called / used, sqrt(called / used * (1 - called / used) / used)))
  }
}

tables <- function() {
  set.seed(1998)
  pairs <- list(
    newcombe_a = list(data.frame(count = 48, size = 80), data.frame(count = 56, size = 70)),
    calm = list(data.frame(count = c(10, 11, 9, 10, 10, 11), size = rep(50, 6)), data.frame(count = c(14, 15, 14), size = rep(50, 3))),
    scattered = list(months(24, 60, 0.2, 0.05), months(3, 60, 0.3, 0.05)),
    sizes = list(months(20, c(40, 90, 55, 120), 0.35, 0.03), months(2, c(80, 30), 0.2, 0.03)),
    none_after = list(months(12, 40, 0.15, 0), data.frame(count = c(0, 0, 0), size = rep(40, 3))),
    same = list(months(24, 200, 0.1, 0), months(3, 200, 0.1, 0))
  )
  rows <- results <- NULL
  for (name in names(pairs)) {
    pair <- pairs[[name]]
    rows <- rbind(rows, data.frame(name, side = "before", pair[[1]]), data.frame(name, side = "after", pair[[2]]))
    results <- rbind(results, data.frame(name, compare(pair[[1]], pair[[2]])))
  }
  numbers <- vapply(results, is.double, TRUE)
  results[numbers] <- lapply(results[numbers], function(column) formatC(column, digits = 17, format = "g", width = 1))
  write.table(rows, "shift_months.csv", sep = ",", quote = FALSE, row.names = FALSE, eol = "\n")
  write.table(results, "shift.csv", sep = ",", quote = FALSE, row.names = FALSE, eol = "\n")
}

if ("study" %in% commandArgs(TRUE)) study() else tables()
