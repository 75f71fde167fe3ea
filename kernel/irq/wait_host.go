//go:build !yolk

//yolk:goroutine
package irq

func eventWait(int) { panic("irq: there are no interrupts on the host") }
