import CRATELM

extension MaskingVocabulary {
  /// The ids 0 ..< size: 0 pads, 1 begins, 2 ends, 3 masks, 4 is another special token, 5 is not
  /// used, and of the others every third continues a word.
  static func forTests(size: Int) throws -> MaskingVocabulary {
    try MaskingVocabulary(
      vocabularySize: size, roles: Roles(mask: 3, beginning: 1, end: 2, padding: 0),
      special: [0, 1, 2, 3, 4], unused: [5],
      continuing: (6..<Int32(size)).filter { $0.isMultiple(of: 3) })
  }
}
