package sched

import "yolk/kernel/clock"

// alarm is when the first processor must be interrupted whatever its threads do,
// 0: never; early says that it may be as soon as that has nothing to do.
var alarm struct {
	at    uint64
	early bool
}

// SetAlarm makes the first processor's timer interrupt at a time as well, in
// clock.Now's nanoseconds, 0 for never, or when the processor has nothing to do if
// that is early. At boot, and in interrupts of that processor.
func SetAlarm(at uint64, early bool) {
	mu.Lock()
	alarm.at, alarm.early = at, early
	unlock()
}

// AlarmDue tells the first processor whether the alarm's time has come.
func AlarmDue() bool { return alarm.at != 0 && clock.Now() >= alarm.at }

// hasten is called before c, which is this CPU, halts.
func (c *cpu) hasten() {
	if alarm.early && c == &cpus[0] {
		alarm.at, alarm.early = clock.Now(), false
	}
}
