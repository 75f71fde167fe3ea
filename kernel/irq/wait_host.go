//go:build !yolk

package irq

// eventWait returns at once: on the host there are no interrupts to wait for.
func eventWait(int) {}

// eventBreak has nobody to wake.
func eventBreak() {}
