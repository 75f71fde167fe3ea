package usbtest

import "yolk/drivers/dmatest"

// memoryBase is where addresses start: below 1 GiB, as on the board, and nothing at 0.
const memoryBase = 0x0100_0000

// Memory is memory that controllers reach. It implements usb.Memory.
type Memory = dmatest.Memory

// NewMemory makes an arena of n bytes.
func NewMemory(n int) *Memory { return dmatest.New(n, memoryBase) }
