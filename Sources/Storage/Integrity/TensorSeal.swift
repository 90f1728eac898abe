import Parallel
import Synchronization

/// The checksums in the header of a safetensors file of ours: any program can read the file, and
/// ours finds every flipped bit before it uses a number.
///
/// They are three texts of the header's `__metadata__`; a CRC-32 has eight hexadecimal digits:
///
///     crc32_block_bytes   the size of a block of the data, in bytes; the last may be shorter
///     crc32_blocks        the CRC-32 of every block of the data, one after the other
///     crc32_header        the CRC-32 of length and header, with zeros for these eight digits
///
/// zlib takes 57 ms for 240 MB on one thread, SHA-256 about 135 (AMD Zen 5).
package struct TensorSeal: Equatable, Sendable {
  /// The size of a block in files of ours, in bytes.
  package static let standardBlockByteCount = 1 << 20
  private static let blockSizeKey = "crc32_block_bytes"
  private static let blocksKey = "crc32_blocks"
  static let headerKey = "crc32_header"
  private static let digitCount = 8

  let blockByteCount: Int
  let blocks: [UInt32]

  /// The range of block `block` in `dataByteCount` bytes of data.
  func range(ofBlock block: Int, in dataByteCount: Int) -> Range<Int> {
    let start = block * blockByteCount
    return start..<min(start + blockByteCount, dataByteCount)
  }

  /// The members of the metadata with the blocks' checksums.
  var metadata: [(key: String, value: String)] {
    [
      (Self.blockSizeKey, String(blockByteCount)),
      (Self.blocksKey, blocks.map(Self.digits).joined()),
    ]
  }

  /// The seal in the metadata of `header`, for a file with `dataByteCount` bytes of data; `nil` if
  /// there is none, as in files of other programs.
  ///
  /// - Throws: `FormatViolation` for an incomplete or malformed seal.
  init?(
    of header: SafeTensorsHeader, dataByteCount: Int
  ) throws(FormatViolation) {
    func text(_ key: String) -> String? { header.metadata.first { $0.key == key }?.value }
    let parts = (text(Self.blockSizeKey), text(Self.blocksKey), text(Self.headerKey))
    if parts.0 == nil, parts.1 == nil, parts.2 == nil { return nil }
    guard let size = parts.0.flatMap(Int.init), size > 0,
      let digits = parts.1.map({ Array($0.utf8) })
    else { throw FormatViolation("its header has no list of checksums") }
    let count = dataByteCount / size + (dataByteCount % size == 0 ? 0 : 1)
    guard digits.count.isMultiple(of: Self.digitCount), digits.count / Self.digitCount == count
    else {
      throw FormatViolation("its header has not one checksum for each block")
    }
    blockByteCount = size
    var blocks: [UInt32] = []
    for start in stride(from: 0, to: digits.count, by: Self.digitCount) {
      let text = String(decoding: digits[start..<start + Self.digitCount], as: UTF8.self)
      guard let value = UInt32(text, radix: 16), Self.digits(value) == text else {
        throw FormatViolation("its header has a checksum \(text.debugDescription)")
      }
      blocks.append(value)
    }
    self.blocks = blocks
  }

  static func digits(_ value: UInt32) -> String { value.digits(digitCount, radix: 16) }

  fileprivate init(blockByteCount: Int, blocks: [UInt32]) {
    self.blockByteCount = blockByteCount
    self.blocks = blocks
  }
}

extension SafeTensorsHeader {
  /// This header with `seal` for the data and a checksum of itself.
  package func sealed(_ seal: TensorSeal) -> SafeTensorsHeader {
    SafeTensorsHeader(entries: entries, metadata: metadata + seal.metadata).sealingItself()
  }

  /// This header with a new checksum of itself at the end of the metadata.
  func sealingItself() -> SafeTensorsHeader {
    let others = metadata.filter { $0.key != TensorSeal.headerKey }
    func header(_ value: UInt32) -> SafeTensorsHeader {
      SafeTensorsHeader(
        entries: entries, metadata: others + [(TensorSeal.headerKey, TensorSeal.digits(value))])
    }
    var checksum = CRC32()
    checksum.update(header(0).serialized())
    return header(checksum.value)
  }
}

/// Computes the seal of data that come piece by piece.
package struct TensorSealer {
  private var blocks: [UInt32] = []
  private var block = CRC32()
  private var room = TensorSeal.standardBlockByteCount

  package init() {}

  /// The seal of the pieces so far.
  package var seal: TensorSeal {
    let size = TensorSeal.standardBlockByteCount
    return TensorSeal(
      blockByteCount: size, blocks: room < size ? blocks + [block.value] : blocks)
  }

  /// Adds the next bytes.
  package mutating func append(_ bytes: UnsafeRawBufferPointer) {
    var place = 0
    while place < bytes.count {
      let count = min(room, bytes.count - place)
      unsafe block.update(UnsafeRawBufferPointer(rebasing: bytes[place..<place + count]))
      place += count
      room -= count
      guard room == 0 else { continue }
      blocks.append(block.value)
      block = CRC32()
      room = TensorSeal.standardBlockByteCount
    }
  }
}

extension TensorSeal {
  /// The first block that does not match its checksum.
  ///
  /// - Parameters:
  ///   - dataByteCount: the size of the data.
  ///   - threads: the number of threads.
  ///   - read: passes the bytes of a range of the data to its second argument; called by several
  ///     threads at once.
  /// - Returns: the block's range in the data; `nil` if all blocks match.
  /// - Throws: the errors of `read`.
  package func firstDamage(
    in dataByteCount: Int, threads: Int,
    _ read: @Sendable (Range<Int>, (UnsafeRawBufferPointer) -> Void) throws -> Void
  ) throws -> Range<Int>? {
    let first = Atomic(blocks.count)
    let failure = Mutex<(any Error)?>(nil)
    Workers(count: threads).forEach(blocks.count) { block, _ in
      guard block < first.load(ordering: .relaxed) else { return }
      do {
        var checksum = CRC32()
        try unsafe read(range(ofBlock: block, in: dataByteCount)) { unsafe checksum.update($0) }
        if checksum.value != blocks[block] { first.min(block, ordering: .relaxed) }
      } catch {
        failure.withLock { $0 = $0 ?? error }
      }
    }
    if let error = failure.withLock({ $0 }) { throw error }
    let block = first.load(ordering: .relaxed)
    return block < blocks.count ? range(ofBlock: block, in: dataByteCount) : nil
  }
}
