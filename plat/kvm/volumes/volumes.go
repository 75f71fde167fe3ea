//go:build yolk

// Package volumes mounts folders of the host, which virtio 9P devices share, where the
// option mount= says: TAG:PATH or TAG:PATH:ro, separated by commas. A device is looked
// for when its folder is first used.
//
// The boot tool adds it to images that are run with -v or made with -volumes.
package volumes

import (
	"fmt"
	"strings"
	"sync"
	"syscall"
	_ "unsafe" // for go:linkname

	"yolk/drivers/virtio"
	"yolk/drivers/virtio/ninep"
	"yolk/kernel/posix/device"
	_ "yolk/kernel/posix/file" // whose Volumes is here
	"yolk/kernel/posix/hostfs"
	"yolk/kernel/posix/ramfs"
	"yolk/plat/kvm/bus"
)

// volumes is file.Volumes. What it leads to needs no initialiser of this package.
//
//go:linkname volumes yolk/kernel/posix/file.Volumes
var volumes = mount

// atExit has f called when the program ends by os.Exit or main's return. The boot overlay
// adds it to package runtime.
//
//go:linkname atExit runtime.yolkAtExit
func atExit(f func())

// messageRoom is what a message has besides the bytes that it moves.
const messageRoom = 24

// mount mounts what the option names.
func mount(fs *ramfs.FS, mounts string) {
	atExit(func() { fs.Flush(false) })
	for _, m := range strings.Split(mounts, ",") {
		tag, place, ok := strings.Cut(m, ":")
		place, readOnly := strings.CutSuffix(place, ":ro")
		place = strings.TrimRight(place, "/")
		if !ok || tag == "" || place != "" && place[0] != '/' {
			say(m, "is not TAG:/PATH or TAG:/PATH:ro")
			continue
		}
		open := sync.OnceValues(func() (*hostfs.Mount, syscall.Errno) { return open(fs, m, tag, place, readOnly) })
		if e := fs.Mount(strings.TrimLeft(place, "/"), func() (*ramfs.Inode, syscall.Errno) {
			mounted, e := open()
			if e != 0 {
				return nil, e
			}
			return mounted.Root(), 0
		}); e != 0 {
			say(m, "the place cannot be mounted to: "+e.Error())
		}
	}
}

// open finds the device with a tag and has its server's folder at the place.
func open(fs *ramfs.FS, m, tag, place string, readOnly bool) (*hostfs.Mount, syscall.Errno) {
	tags := ""
	for _, d := range devices() {
		if d.Tag != tag {
			tags += " " + d.Tag
			continue
		}
		mounted, e := hostfs.New(fs, place, d, ninep.MaxData+messageRoom, readOnly)
		if e != 0 {
			say(m, "the device's server refuses: "+e.Error())
			return nil, syscall.EIO
		}
		return mounted, 0
	}
	if tags == "" {
		tags = " none"
	}
	say(m, "this machine has no such 9p device; it has:"+tags)
	return nil, syscall.ENODEV
}

// up are the devices, which are brought up once.
var up struct {
	once sync.Once
	all  []*ninep.Device
}

func devices() []*ninep.Device {
	up.once.Do(func() { up.all = bringUp() })
	return up.all
}

func bringUp() (all []*ninep.Device) {
	for _, found := range bus.Find(virtio.ID9P, complain) {
		var irq ninep.Interrupt // nil for a device without one
		if found.Interrupt != nil {
			irq = found.Interrupt
		}
		d, err := ninep.New(found.Transport, device.Memory{}, irq)
		if err != nil {
			complain("%s: %v", found.Name, err)
			continue
		}
		d.Ended = func(err error) { say(d.Tag, err.Error()+": what uses it gets EIO from now on") }
		all = append(all, d)
	}
	return all
}

// say tells what is wrong with a mount: the error of the call that met it cannot.
func say(mount, text string) { print("yolk: mount " + mount + ": " + text + "\n") }

// complain tells what is wrong with a device.
func complain(format string, args ...any) { print("yolk: 9p: " + fmt.Sprintf(format, args...) + "\n") }
