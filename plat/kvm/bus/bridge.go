package bus

import (
	"errors"
	"fmt"

	virtiopci "yolk/drivers/virtio/pci"
)

// Configuration space header type 1, that of bridges (PCI-to-PCI Bridge
// Architecture 1.2, 3.2).
const (
	cfgBuses    = 0x18 // RW primary, secondary and subordinate bus, 8 bits each; latency timer
	cfgPorts    = 0x1c // RW first and last I/O port passed on, 8 bits each; status
	cfgMemory   = 0x20 // RW first and last memory passed on: address bits 31:20 in 15:4 and 31:20
	cfgPrefetch = 0x24 // RW likewise for prefetchable memory

	// A window whose first address is behind its last one is closed.
	portsClosed  = 0x00f0
	memoryClosed = 0xfff0

	commandMaster = 1 << 2 // pass on what the devices behind the bridge ask of memory

	bridgeBARs = 2
	granule    = 1 << 20 // of memory windows
)

// PCI Express capability (PCI Express Base Specification 5.0, 7.5.3), offsets in it.
const (
	capExpress = 0x10

	expType = 0x02 // R type of port in 7:4
	expSlot = 0x14 // R slot capabilities

	expEnd         = 0x18
	typeRootPort   = 4
	typeDownstream = 6
	slotHotPlug    = 1 << 6 // in expSlot
)

// slotMemory is what a hot-plug slot gets for a card that comes later: as much as
// SeaBIOS gives.
const slotMemory = 2 << 20

var (
	errBuses  = errors.New("no bus number left for the bridge")
	errBridge = errors.New("impossible bus numbers of a bridge")
)

// bridge scans what is behind f. What firmware has not given it, bus numbers, or
// addresses as the command register tells, it gets from r: there is firmware that
// gives all, none, or only numbers (qboot).
func (s *scan) bridge(f *function, r *ranges) error {
	if err := r.assign(f, bridgeBARs); err != nil {
		return err
	}
	numbers := f.Read32(cfgBuses)
	secondary, subordinate := uint64(numbers>>8&0xff), uint64(numbers>>16&0xff)
	numbered := secondary != 0
	if !numbered {
		var ok bool
		if secondary, ok = r.buses.take(1); !ok {
			return errBuses
		}
		// Until it is known how many buses there are behind it, it leads to all.
		subordinate = r.buses.end - 1
		f.number(secondary, subordinate)
	} else if secondary <= uint64(f.bus) || subordinate < secondary {
		return fmt.Errorf("%w: %d to %d, on bus %d", errBridge, secondary, subordinate, f.bus)
	}
	// Ports are not given to bridges: only legacy devices have some, and one bridge
	// would take 4096 of them.
	below := ranges{buses: window{secondary + 1, subordinate + 1}}
	if f.assigned() {
		below.memory = f.window()
		s.bus(uint8(secondary), f, &below)
		virtiopci.SetCommand(f, commandMaster)
	} else {
		r.memory.align(granule)
		below.memory = r.memory
		s.bus(uint8(secondary), f, &below)
		f.open(&r.memory, below.memory.next)
	}
	if !numbered {
		r.buses.next = below.buses.next
		f.number(secondary, below.buses.next-1)
	}
	return nil
}

// number gives the bridge its bus numbers.
func (f *function) number(secondary, subordinate uint64) {
	timer := f.Read32(cfgBuses) >> 24
	f.Write32(cfgBuses, timer<<24|uint32(subordinate)<<16|uint32(secondary)<<8|uint32(f.bus))
}

// open lets the bridge pass on the memory from r's next address, on a granule, to
// end, where the devices behind it are, and leaves it the slot's share if that is
// more. r has then the rest.
func (f *function) open(r *window, end uint64) {
	first := r.next
	end = max(end, first) // it is 0 if none of r was to be given away
	if _, hotPlug := f.slot(); hotPlug {
		end = max(end, min(first+slotMemory, r.end))
	}
	r.next = end
	r.align(granule)
	memory := uint32(memoryClosed)
	if r.next > first {
		memory = uint32(r.next-granule)&0xfff00000 | uint32(first>>16)&0xfff0
	}
	f.Write32(cfgMemory, memory)
	f.Write32(cfgPrefetch, memoryClosed)
	f.Write32(cfgPorts, portsClosed) // to write 0 to status changes nothing
	virtiopci.SetCommand(f, commandMemory|commandMaster)
}

// window is the memory that the bridge passes on, without the prefetchable.
func (f *function) window() window {
	v := uint64(f.Read32(cfgMemory))
	w := window{v & 0xfff0 << 16, v&0xfff00000 + granule}
	if w.end <= w.next {
		return window{}
	}
	return w
}

// slot tells whether a bridge is one of PCI Express with a single device behind it,
// and whether that may come and go.
func (f *function) slot() (single, hotPlug bool) {
	at := f.express()
	if at == 0 {
		return false, false
	}
	kind := f.Read32(at) >> (8*expType + 4) & 0xf
	single = kind == typeRootPort || kind == typeDownstream
	return single, single && f.Read32(at+expSlot)&slotHotPlug != 0
}

// express returns where the PCI Express capability is, 0 without one.
func (f *function) express() uint32 {
	caps, err := virtiopci.Capabilities(f, capExpress)
	if err != nil || len(caps) == 0 || caps[0]+expEnd > virtiopci.ConfigSize {
		return 0
	}
	return caps[0]
}
