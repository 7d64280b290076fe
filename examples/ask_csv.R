# The same without any package: shanyraq export FOLDER --csv, then Rscript ask_csv.R FOLDER
table_of <- function(name) {
  read.csv(file.path(commandArgs(trailingOnly = TRUE)[1], paste0(name, ".csv")),
           encoding = "UTF-8", na.strings = "", stringsAsFactors = FALSE)
}

alerts <- table_of("out_alert")
signals <- alerts[alerts$status == "raised",
                  c("week", "region_code", "indicator", "series", "level", "stories", "expected", "q")]
print(signals, row.names = FALSE)

cells <- table_of("out_indicator_week")
cells <- cells[cells$indicator == "incidents" & cells$series == "news", ]
weeks <- table_of("out_week")
last_week <- max(weeks$week[weeks$complete == "True"])
last <- cells[cells$week == last_week, ]
cat(sprintf("%s: %d of %d regions could be judged\n", last_week, sum(last$status == "ok"), nrow(last)))
