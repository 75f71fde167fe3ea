package fdt

// Memory returns the i-th range of RAM, from the nodes of device type "memory"
// (Devicetree Specification 3.4). Ranges may be empty; they include what
// Reserved names.
func (t *Tree) Memory(i int) (Range, bool) {
	for n, ok := t.Child(Root); ok && i >= 0; n, ok = t.Sibling(n) {
		kind, _ := t.Text(n, "device_type")
		if string(kind) != "memory" || !t.Enabled(n) {
			continue
		}
		for k := 0; ; k++ {
			r, ok := t.Reg(n, k)
			if !ok {
				break
			}
			if i--; i < 0 {
				return r, true
			}
		}
	}
	return Range{}, false
}

// Reserved returns the i-th range of memory that is not to be used: of the
// memory reservation block (5.3) and of the nodes below /reserved-memory with
// an address of their own (3.5). The tree itself need not be among them.
func (t *Tree) Reserved(i int) (Range, bool) {
	for off := 0; i >= 0 && off+16 <= len(t.reserve); off += 16 {
		r := Range{be64(t.reserve, off), be64(t.reserve, off+8)}
		if r == (Range{}) {
			break
		}
		if i--; i < 0 {
			return r, true
		}
	}
	top, ok := t.descend(Root, "reserved-memory")
	if !ok || i < 0 {
		return Range{}, false
	}
	for n, ok := t.Child(top); ok; n, ok = t.Sibling(n) {
		if !t.Enabled(n) {
			continue
		}
		for k := 0; ; k++ {
			r, ok := t.Address(n, k)
			if !ok {
				break
			}
			if i--; i < 0 {
				return r, true
			}
		}
	}
	return Range{}, false
}

// Bootargs returns the command line that the loader passes in /chosen (3.6),
// without its NUL.
func (t *Tree) Bootargs() ([]byte, bool) {
	n, ok := t.descend(Root, "chosen")
	if !ok {
		return nil, false
	}
	return t.Text(n, "bootargs")
}

// Seed returns the random bytes that the loader passes in /chosen, "rng-seed" of
// the Linux kernel's chosen binding.
func (t *Tree) Seed() ([]byte, bool) {
	n, ok := t.descend(Root, "chosen")
	if !ok {
		return nil, false
	}
	return t.Prop(n, "rng-seed")
}

// Stdout returns the device for console output that /chosen names, and what
// follows a colon there, such as "115200n8".
func (t *Tree) Stdout() (n Node, options []byte, ok bool) {
	chosen, ok := t.descend(Root, "chosen")
	if !ok {
		return 0, nil, false
	}
	v, ok := t.Text(chosen, "stdout-path")
	if !ok {
		return 0, nil, false
	}
	for i, c := range v {
		if c == ':' {
			v, options = v[:i], v[i+1:]
			break
		}
	}
	n, ok = t.Path(text(v))
	return n, options, ok
}

// A Method is how a CPU is started.
type Method uint8

const (
	MethodNone      Method = iota // the tree does not say
	MethodOther                   // one that this package does not know
	MethodSpinTable               // write the entry to CPU.Release
	MethodPSCI                    // PSCI's CPU_ON, see Tree.PSCI
)

// A CPU is a processor that can run the kernel.
type CPU struct {
	Node    Node
	ID      uint64 // "reg"; on arm64 the affinity fields of MPIDR_EL1
	Method  Method
	Release uint64 // physical address of the 64-bit spin table word
}

// CPU returns the i-th processor of /cpus (3.8) in the order of the tree, which
// need not be that of the IDs. Those that have failed are left out; a
// "disabled" one is only asleep.
func (t *Tree) CPU(i int) (CPU, bool) {
	cpus, ok := t.descend(Root, "cpus")
	if !ok || i < 0 {
		return CPU{}, false
	}
	for n, ok := t.Child(cpus); ok; n, ok = t.Sibling(n) {
		kind, _ := t.Text(n, "device_type")
		status, _ := t.Text(n, "status")
		id, has := t.Reg(n, 0)
		failed := len(status) >= 4 && string(status[:4]) == "fail"
		if string(kind) != "cpu" || failed || !has {
			continue
		}
		if i--; i < 0 {
			c := CPU{Node: n, ID: id.Addr, Method: t.method(n, cpus)}
			c.Release, ok = t.U64(n, "cpu-release-addr")
			if c.Method == MethodSpinTable && !ok {
				c.Method = MethodNone
			}
			return c, true
		}
	}
	return CPU{}, false
}

// method reads "enable-method" of a CPU, or of the node above all of them.
func (t *Tree) method(cpu, cpus Node) Method {
	v, ok := t.Prop(cpu, "enable-method")
	if !ok {
		v, ok = t.Prop(cpus, "enable-method")
	}
	switch {
	case !ok:
		return MethodNone
	case Lists(v, "spin-table"):
		return MethodSpinTable
	case Lists(v, "psci"):
		return MethodPSCI
	}
	return MethodOther
}

// A Conduit is the instruction that calls the firmware.
type Conduit uint8

const (
	ConduitNone Conduit = iota // no PSCI 0.2 or later
	ConduitHVC
	ConduitSMC
)

// PSCI returns how the firmware's power functions are called ("method" of the
// arm,psci binding). Only PSCI 0.2 and later, whose function numbers are fixed,
// is reported.
func (t *Tree) PSCI() Conduit {
	for n, ok := t.Child(Root); ok; n, ok = t.Sibling(n) {
		if !t.Is(n, "arm,psci-0.2") && !t.Is(n, "arm,psci-1.0") {
			continue
		}
		switch v, _ := t.Text(n, "method"); string(v) {
		case "hvc":
			return ConduitHVC
		case "smc":
			return ConduitSMC
		}
	}
	return ConduitNone
}
