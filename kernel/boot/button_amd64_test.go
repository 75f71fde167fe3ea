package boot

import (
	"testing"
	"unsafe"

	"yolk/arch/amd64/amd64test"
	"yolk/kernel/irq"
	"yolk/kernel/kerneltest"
	"yolk/kernel/machine"
	"yolk/kernel/mem"
)

// fadt is the body of a FADT with a power button and general-purpose events.
func fadt() []byte {
	body := make([]byte, 268-36)
	put := func(off int, b ...byte) { copy(body[off-36:], b) }
	put(46, 9, 0)    // SCI
	put(48, 0xb2)    // SMI_CMD
	put(52, 0xf1)    // ACPI_ENABLE
	put(56, 0, 6)    // event block 0x600
	put(64, 4, 6)    // control block 0x604
	put(80, 0x20, 6) // general-purpose events 0x620
	put(88, 4)       // event block's length
	put(92, 16)      // general-purpose events' length
	return body
}

// TestButton: ACPI's, where the firmware hands it over.
func TestButton(t *testing.T) {
	enter(t)
	defer func() { fixedButton.Event = 0 }()
	firmware(t, table("FACP", fadt()))
	amd64test.SetPort(0x604, 1) // ACPI mode
	*(*uint32)(unsafe.Pointer(uintptr(irq.IOAPICBase + 0x10))) = 23 << 16
	SwitchOnButton()
	if v := *(*uint32)(unsafe.Pointer(uintptr(irq.IOAPICBase + 0x10))); v != 32+uint32(irq.Button) || fixedButton.Event != 0x600 {
		t.Errorf("vector %d, event at %#x", v, fixedButton.Event)
	}
	if Pressed() {
		t.Error("pressed by nobody")
	}
	if amd64test.SetPort(0x600, 1<<8); !Pressed() {
		t.Error("not pressed")
	}
	// Without tables there is none.
	fixedButton.Event, machine.Loaded.Firmware = 0, 0
	SwitchOnButton()
	genericRegs.Base = mem.Addr(kerneltest.Place(t, make([]byte, 64)))
	if Pressed() {
		t.Error("a button that is not there is pressed")
	}
}

// TestHotPlug: cards that come and go share the button's interrupt, and who waits for
// them is told of those only; what came before the interrupt was set up as well.
func TestHotPlug(t *testing.T) {
	enter(t)
	t.Cleanup(func() { fixedButton.Event = 0; hotPlug.on.Store(false) })
	e, ok := irq.New()
	if !ok {
		t.Fatal("no event")
	}
	if _, ok := HotPlug(e); ok {
		t.Error("hot plug without tables")
	}
	dsdt := kerneltest.Place(t, table("DSDT", []byte("\x5b\x80PCST\x01\x0b\xc0\x0c\x0a\x08")))
	body := fadt()
	copy(body[140-36:], bytesOf(dsdt))
	firmware(t, table("FACP", body))
	machine.Loaded.RAM[machine.Loaded.N] = machine.Range{Addr: dsdt, Size: 4096}
	machine.Loaded.N++
	amd64test.SetPort(0x620, 2) // a card that came before
	if port, ok := HotPlug(e); !ok || port != 0xcc0 {
		t.Fatalf("%#x, %v", port, ok)
	}
	if out := amd64test.Take(amd64test.Out); len(out) != 1 || out[0].At != 0x628 || out[0].Value != 2 {
		t.Errorf("%x", out)
	}
	amd64test.SetPort(0x604, 1) // ACPI mode
	*(*uint32)(unsafe.Pointer(uintptr(irq.IOAPICBase + 0x10))) = 23 << 16
	if SwitchOnButton(); e.Count() != 1 {
		t.Errorf("the event fired %d times for what came before", e.Count())
	}
	for _, c := range []struct {
		button, cards uint32
		pressed       bool
		fired         uint64
	}{{0, 0, false, 0}, {0, 2, false, 1}, {0, 0xfd, false, 0}, {1 << 8, 0, true, 0}, {1 << 8, 2, true, 1}} {
		before := e.Count()
		amd64test.Script(0x620, c.cards) // shown once, as it is cleared then
		amd64test.Script(0x600, c.button)
		amd64test.SetPort(0x620, 0)
		amd64test.SetPort(0x600, 0)
		if got := Pressed(); got != c.pressed || e.Count() != before+c.fired {
			t.Errorf("%+v: pressed %v, %d events", c, got, e.Count()-before)
		}
	}
	// Status that no write clears does not keep us.
	amd64test.SetPort(0x620, 2)
	amd64test.SetPort(0x600, 1<<8)
	if !Pressed() {
		t.Error("not pressed")
	}
}
