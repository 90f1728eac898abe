import CRATELM
import Storage
import SystemPackage
import Testing

/// Files of events, read by other code than writes them.
@Suite struct TensorBoardTests {
  /// The CRC-32 of Castagnoli, bit by bit.
  private static func crc(_ bytes: some Sequence<UInt8>) -> UInt32 {
    var rest = ~UInt32(0)
    for byte in bytes {
      rest ^= UInt32(byte)
      for _ in 0..<8 { rest = rest & 1 == 0 ? rest >> 1 : rest >> 1 ^ 0x82F6_3B78 }
    }
    return ~rest
  }

  private static func masked(_ bytes: some Sequence<UInt8>) -> UInt32 {
    let crc = crc(bytes)
    return (crc >> 15 | crc << 17) &+ 0xA282_EAD8
  }

  /// The events of the only file in `directory`, whose frames are checked.
  private static func events(in directory: FilePath) throws -> [[UInt8]] {
    let name = try #require(FileSystem.names(in: directory).first)
    #expect(name.hasPrefix("events.out.tfevents."))
    let bytes = try FileContents.read(directory.appending(name))
    var (events, offset) = ([[UInt8]](), 0)
    while offset < bytes.count {
      let count = Int(bytes.littleEndian(at: offset, as: UInt64.self))
      let length = bytes[offset..<offset + 8]
      #expect(bytes.littleEndian(at: offset + 8, as: UInt32.self) == masked(length))
      let data = Array(bytes[offset + 12..<offset + 12 + count])
      #expect(bytes.littleEndian(at: offset + 12 + count, as: UInt32.self) == masked(data))
      events.append(data)
      offset += 16 + count
    }
    return events
  }

  /// The check value of the Castagnoli polynomial is that of RFC 3720's tables.
  @Test func checksumIsCastagnolis() {
    #expect(Self.crc("123456789".utf8) == 0xE306_9283)
  }

  /// A version, the start of a session, and an event for each update, its numbers in single
  /// precision behind their tags.
  @Test func eventsAreFramed() throws {
    let folder = try TemporaryFolder()
    let trainer = try TinyRun.trainer(on: TinyRun.pack(into: folder.path.appending("data")))
    let update = try trainer.step()
    let log = try TensorBoardLog(in: folder.path.appending("events"), after: 6)
    try log.append(update, validation: nil)
    let events = try Self.events(in: folder.path.appending("events"))
    #expect(events.count == 3)
    #expect(events[0].suffix(13) == Array("brain.Event:2".utf8))
    // Field 2, the step 7, and field 7, a session whose status is 1.
    #expect(events[1].dropFirst(9) == [0x10, 7, 0x3A, 2, 0x08, 1])
    let loss = Array("loss/training".utf8)
    let place = try #require(events[2].firstRange(of: loss))
    // Field 2 of the value is a float.
    #expect(events[2][place.upperBound] == 0x15)
    let bits = events[2].littleEndian(at: place.upperBound + 1, as: UInt32.self)
    #expect(Float(bitPattern: bits) == Float(update.loss))
  }
}
