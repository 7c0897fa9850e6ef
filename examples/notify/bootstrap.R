# Bootstrap of a median: how sure is it? Goes on from `bootstrap.rds`, saves there when the file STOP appears, and leaves
# the interval in `bootstrap.out`. Base R can neither handle a signal nor send a datagram, so it is asked by a file
# and tells by `ckwrap notify`.
#
#   Rscript bootstrap.R [SAMPLES]

tell <- function(...) {
    if (nzchar(Sys.getenv("NOTIFY_SOCKET"))) system2("ckwrap", c("notify", shQuote(c(...))))
}

# A complete checkpoint exists at every instant: written beside, then renamed.
save_state <- function(state, path) {
    beside <- paste0(path, ".new")
    saveRDS(state, beside)
    stopifnot(file.rename(beside, path))
}

words <- commandArgs(trailingOnly = TRUE)
last <- if (length(words)) as.integer(words[1]) else 20000L
stop_file <- Sys.getenv("CKWRAP_STOP_FILE", "STOP")
tell("--ready")

if (file.exists("bootstrap.rds")) {
    state <- readRDS("bootstrap.rds")
    # The stream of random numbers goes on where it was: the result does not depend on interruptions.
    assign(".Random.seed", state$seed, envir = globalenv())
} else {
    set.seed(7)
    state <- list(medians = numeric(0))
}

while (length(state$medians) < last) {
    sample_of <- function(i) median(rivers[sample.int(length(rivers), replace = TRUE)])
    state$medians <- c(state$medians, vapply(seq_len(100), sample_of, 0))
    done <- length(state$medians)
    if (done %% 1000 == 0) tell("--progress", paste0(done, "/", last), "--status", "drawing samples")
    if (file.exists(stop_file)) {
        unlink(stop_file)
        state$seed <- .Random.seed
        save_state(state, "bootstrap.rds")
        tell("--checkpoint", "bootstrap.rds")
        quit(status = 85) # saved and stopped
    }
}

interval <- quantile(state$medians, c(0.025, 0.975))
writeLines(format(c(interval, mean = mean(state$medians)), digits = 15), "bootstrap.out")
tell("--finished")
