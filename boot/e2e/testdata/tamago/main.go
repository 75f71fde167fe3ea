// Tamago uses TamaGo's hardware packages on the stock toolchain, for which the
// overlay adds what they expect of the standard library. It needs a machine
// with PCI (q35).
package main

import (
	"fmt"

	"github.com/usbarmory/tamago/amd64"
	"github.com/usbarmory/tamago/dma"
	kvmclock "github.com/usbarmory/tamago/kvm/clock"
	"github.com/usbarmory/tamago/kvm/pvclock"
	"github.com/usbarmory/tamago/soc/intel/pci"
)

// The q35 host bridge.
const intel, hostBridge = 0x8086, 0x29c0

// linked keeps what is only to be linked.
var linked = []any{(*amd64.CPU).Init, (*amd64.CPU).ClearInterrupt, pvclock.Init, kvmclock.Pairing}

func main() {
	fmt.Println("cpu:", (&amd64.CPU{}).Name(), len(linked))
	fmt.Println("host bridge:", pci.Probe(0, intel, hostBridge) != nil)
	r, err := dma.NewRegion(0x1000_0000, 4096, false)
	fmt.Println("region:", r != nil, err)
}
