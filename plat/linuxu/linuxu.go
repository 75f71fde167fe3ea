//go:build linux && !yolk

package linuxu

import (
	"errors"
	"fmt"
	"os"
	"runtime/pprof"
	"strings"
	"time"

	"yolk/netdev"
	"yolk/netdev/pipe"
	"yolk/netdev/wrap"
	"yolk/plat/linuxu/netif"
)

// The variables of the environment.
const (
	envDevices = "YOLK_NETDEV"
	envOptions = "YOLK_OPTIONS"
	envCapture = "YOLK_CAPTURE"
	envProfile = "YOLK_PROFILE"
)

func init() {
	for _, v := range []struct {
		name string
		do   func(value string) error
	}{{envDevices, devices}, {envOptions, options}, {envCapture, capture}, {envProfile, profile}} {
		if err := v.do(os.Getenv(v.name)); err != nil {
			fmt.Fprintf(os.Stderr, "linuxu: %s: %v\n", v.name, err)
			os.Exit(2)
		}
	}
}

var errDevice = errors.New("devices are tap:INTERFACE, packet:INTERFACE or loop, with commas between them")

// devices registers a list of devices.
func devices(list string) error {
	drivers, err := parseDevices(list)
	for _, d := range drivers {
		netdev.Register(d)
	}
	return err
}

func parseDevices(list string) (drivers []netdev.Driver, err error) {
	for spec := range strings.SplitSeq(list, ",") {
		kind, name, _ := strings.Cut(spec, ":")
		switch {
		case spec == "":
		case kind == "tap" && name != "":
			drivers = append(drivers, netif.Tap(name))
		case kind == "packet" && name != "":
			drivers = append(drivers, netif.Packet(name))
		case spec == "loop":
			drivers = append(drivers, pipe.Loopback())
		default:
			return nil, fmt.Errorf("%q: %w", spec, errDevice)
		}
	}
	return drivers, nil
}

// options tells device 0 its addresses.
func options(list string) error {
	values := map[string]string{}
	for _, o := range strings.Fields(list) {
		key, value, ok := strings.Cut(o, "=")
		if !ok {
			return fmt.Errorf("%q is not KEY=VALUE", o)
		}
		values[key] = value
	}
	extra, _, err := netdev.ParseOptions(func(name string) string { return values[name] })
	if dev := netdev.Get(0); dev != nil && err == nil {
		dev.SetExtra(extra)
	}
	return err
}

// capture writes what all devices send and receive to a pcap file.
func capture(name string) error {
	if name == "" {
		return nil
	}
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	c, err := wrap.NewCapture(f)
	for n := 0; n < netdev.Count() && err == nil; n++ {
		err = netdev.Get(n).Wrap(c.Wrap)
	}
	return err
}

// profile writes a CPU profile of FILE,DURATION: by the clock, because programs
// of this kind run until they are interrupted.
func profile(spec string) error {
	if spec == "" {
		return nil
	}
	name, duration, _ := strings.Cut(spec, ",")
	d, err := time.ParseDuration(duration)
	if err != nil || name == "" {
		return fmt.Errorf("%q: want FILE,DURATION, such as cpu.out,10s", spec)
	}
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return err
	}
	time.AfterFunc(d, func() {
		pprof.StopCPUProfile()
		if err := f.Close(); err != nil {
			fmt.Fprintf(os.Stderr, "linuxu: %s: %v\n", envProfile, err)
		}
	})
	return nil
}
