package clock

// days returns the days from 1970-01-01 to a date of the Gregorian calendar.
// The year is counted from March, so that the leap day is its last.
func days(year, month, day uint64) uint64 {
	if month <= 2 {
		year--
		month += 12
	}
	const epoch = 719468 // from 0000-03-01 to 1970-01-01
	return 365*year + year/4 - year/100 + year/400 + (153*(month-3)+2)/5 + day - 1 - epoch
}
