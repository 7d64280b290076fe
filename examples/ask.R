# Ask the warehouse from R with the package duckdb: Rscript ask.R warehouse.duckdb
library(duckdb)

warehouse <- dbConnect(duckdb(), commandArgs(trailingOnly = TRUE)[1], read_only = TRUE)
signals <- dbGetQuery(warehouse, "SELECT week, region_code, indicator, series, level, stories, expected, q
                                  FROM out_alert WHERE status = 'raised'")
cells <- dbGetQuery(warehouse, "SELECT week, region_code, stories, exposure, status FROM out_indicator_week
                                WHERE indicator = 'incidents' AND series = 'news'")
dbDisconnect(warehouse, shutdown = TRUE)

print(signals, row.names = FALSE)
last <- cells[cells$week == max(cells$week), ]
cat(sprintf("%s: %d of %d regions could be judged\n", max(cells$week), sum(last$status == "ok"), nrow(last)))
