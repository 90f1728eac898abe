import Glibc
import SystemPackage

/// A failed request for memory.
public struct OutOfMemory: Error, CustomStringConvertible {
  /// The bytes requested.
  public let byteCount: Int

  /// One sentence with the size and the remedy.
  public var description: String {
    """
    \(byteCount) bytes of memory were not available; choose a smaller microbatch, context or model, \
    or fewer samples.
    """
  }
}

/// A zero-filled block of floats on a page boundary that frees itself.
@safe
package final class Buffer: @unchecked Sendable {
  /// The length in floats.
  package let count: Int
  private let base: UnsafeMutablePointer<Float>
  /// The mapped memory, which may begin before the first float.
  private let mapping: UnsafeMutableRawPointer
  private let byteCount: Int

  package init(count: Int) throws(OutOfMemory) {
    self.count = count
    byteCount = max(count, 1) * MemoryLayout<Float>.stride
    let memory = unsafe mmap(
      nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let memory = unsafe memory, unsafe memory != MAP_FAILED else {
      throw OutOfMemory(byteCount: byteCount)
    }
    unsafe madvise(memory, byteCount, MADV_HUGEPAGE)
    unsafe mapping = memory
    unsafe base = memory.assumingMemoryBound(to: Float.self)
  }

  /// A private mapping of `count` floats of a file from `byteOffset` on: pages are shared with the
  /// system's file cache until they are written, and writing does not change the file.
  ///
  /// - Precondition: the file has these bytes, and the offset is a multiple of 4.
  init(
    mapping descriptor: FileDescriptor, byteOffset: Int, count: Int
  ) throws(OutOfMemory) {
    precondition(byteOffset.isMultiple(of: MemoryLayout<Float>.alignment))
    self.count = count
    byteCount = byteOffset + max(count, 1) * MemoryLayout<Float>.stride
    let memory = unsafe mmap(
      nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE, descriptor.rawValue, 0)
    guard let memory = unsafe memory, unsafe memory != MAP_FAILED else {
      throw OutOfMemory(byteCount: byteCount)
    }
    unsafe mapping = memory
    unsafe base = (memory + byteOffset).assumingMemoryBound(to: Float.self)
  }

  package convenience init(_ layout: Layout) throws(OutOfMemory) {
    try self.init(count: layout.floatCount)
  }

  deinit {
    unsafe munmap(mapping, byteCount)
  }

  /// The tensor at `slot`; valid as long as the buffer lives.
  package subscript(slot: Slot) -> Matrix {
    precondition(
      slot.offset >= 0 && slot.offset + slot.count <= count,
      "slot \(slot) lies outside a buffer of \(count) floats")
    return unsafe Matrix(
      base: base + slot.offset, rows: slot.rows, columns: slot.columns, stride: slot.columns)
  }

  /// The whole buffer as one row.
  package var all: Row { unsafe Row(base: base, count: count) }

  /// Runs `body` with the bytes `range` of all floats, for reading.
  package func withBytes<Result>(
    in range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    let all = unsafe UnsafeRawBufferPointer(
      start: base, count: count * MemoryLayout<Float>.stride)
    return try unsafe body(UnsafeRawBufferPointer(rebasing: all[range]))
  }

  /// Runs `body` with the bytes of the tensor at `slot`, for reading and writing files.
  package func withBytes<Result>(
    of slot: Slot, _ body: (UnsafeMutableRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    try unsafe body(
      UnsafeMutableRawBufferPointer(
        start: self[slot].base, count: slot.count * MemoryLayout<Float>.stride))
  }
}
