# Walkers in a double well: a computation whose result does not depend on how often it was interrupted.
# Rscript wells.R [STEPS]

steps <- as.numeric(c(commandArgs(trailingOnly = TRUE), "1000000")[1])
checkpoint <- "wells.rds"
stop_file <- Sys.getenv("CKWRAP_STOP_FILE", "STOP")  # ckwrap creates it when the time is up

save_checkpoint <- function(state) {
  # With the generator's state: without it the walk would go on with other random numbers.
  state$seed <- get(".Random.seed", envir = globalenv())
  temporary <- paste0(checkpoint, ".tmp")
  saveRDS(state, temporary)
  # Only a whole file gets the name.
  if (!file.rename(temporary, checkpoint)) stop("cannot rename ", temporary)
}

if (file.exists(checkpoint)) {
  state <- readRDS(checkpoint)
  assign(".Random.seed", state$seed, envir = globalenv())
  cat("continuing at step", state$step, "\n")
} else {
  set.seed(4711)
  state <- list(step = 0, x = rep(-1, 1000), right = 0)
}

dt <- 0.001
while (state$step < steps) {
  x <- state$x
  state$x <- x + (x - x^3) * dt + sqrt(0.5 * dt) * rnorm(length(x))
  state$right <- state$right + mean(state$x > 0)
  state$step <- state$step + 1
  if (state$step %% 100 == 0 && file.exists(stop_file)) {
    save_checkpoint(state)
    cat("stopped at step", state$step, "\n")
    quit(save = "no", status = 85)  # saved and stopped, not done
  }
}

save_checkpoint(state)
writeLines(sprintf("%.17g", c(state$right / steps, state$x)), "wells.txt")
