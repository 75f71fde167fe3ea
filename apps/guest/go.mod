module yolk/apps/guest

go 1.26.0
