//go:build !yolk

package irq

func eventWait(int) { panic("irq: there are no interrupts on the host") }
