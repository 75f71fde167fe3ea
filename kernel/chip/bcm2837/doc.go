// Package bcm2837 is what the kernel itself needs of the Raspberry Pi 3's chip,
// in kernel context: the two interrupt controllers, the system timer, the
// mailbox to the firmware, reset and power-off, random numbers, and the pins of
// the serial port. Drivers for goroutines are in drivers/videocore.
//
// The chip is a BCM2835 with other processors: four Cortex-A53 cores, a
// controller of their own for timers and messages between them, and the
// peripherals moved from 0x20000000 to 0x3f000000. The VideoCore, which starts
// the machine and owns clocks, power and part of the memory, sees the same
// peripherals at 0x7e000000 and memory through four aliases (Bus).
//
// Sources, cited by their short name: "BCM2835 ARM Peripherals" (2012-02-06)
// with the errata of elinux.org/BCM2835_datasheet_errata: BCM2835; "Quad-A7
// control" rev 3.4 (2014-08-18): QA7; github.com/raspberrypi/firmware/wiki,
// pages "Accessing mailboxes" and "Mailbox property interface": Firmware wiki.
// Watchdog and random number generator are documented nowhere; their registers
// are known from the drivers of other systems.
//
// It may import arch/mmio only.
package bcm2837

// Physical addresses of the peripherals (BCM2835 1.2.3: bus addresses
// 0x7ennnnnn are 0x3fnnnnnn here; QA7 3).
const (
	Base            = 0x3f000000
	SystemTimerBase = Base + 0x003000
	InterruptBase   = Base + 0x00b200
	MailboxBase     = Base + 0x00b880
	PowerBase       = Base + 0x100000
	RNGBase         = Base + 0x104000
	GPIOBase        = Base + 0x200000
	UARTBase        = Base + 0x201000 // PL011
	AuxBase         = Base + 0x215000 // mini UART
	USBBase         = Base + 0x980000
	LocalBase       = 0x40000000
	End             = 0x40001000 // the first address after them all
)

// Cores is the number of processors.
const Cores = 4

// Bus returns the address at which VideoCore and DMA find memory at physical
// address pa: the alias that goes around VideoCore's own L2 cache, which the ARM
// cores do not see (BCM2835 1.2.4, the 0xC alias).
func Bus(pa uint64) uint32 { return uint32(pa) | 0xc0000000 }
